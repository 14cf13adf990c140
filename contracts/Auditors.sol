// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "./IFlyTrap.sol";
import {Topics} from "./Topics.sol";

/// @title Who may read evidence that is not his own
abstract contract Auditors is Topics {
    struct Auditor {
        uint40 until;
        // From the one counter: an appointment lapses when the topic changes hands.
        uint40 appointed;
    }

    mapping(bytes32 topicId => mapping(address account => Auditor auditor)) private _auditors;

    /// @inheritdoc IFlyTrap
    function setAuditor(address account, string calldata filter, uint40 until) external {
        if (account == address(0)) revert FlyTrapInvalidAccount(account);
        bytes32 topicId;
        if (bytes(filter).length == 0) _checkOwner();
        else (topicId,) = _findOwned(filter);
        _auditors[topicId][account] = Auditor(until, _nextId);
        emit AuditorSet(account, topicId, msg.sender, until, _nextId);
    }

    /// @inheritdoc IFlyTrap
    function isAuditor(address account, string calldata filter) external view returns (bool) {
        if (_auditors[0][account].until > block.timestamp) return true;
        if (bytes(filter).length == 0) return false;
        (bytes32 topicId,, Topic storage anchor) = _find(filter);
        Auditor storage auditor = _auditors[topicId][account];
        return auditor.until > block.timestamp && auditor.appointed >= anchor.since;
    }
}

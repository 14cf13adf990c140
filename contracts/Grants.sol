// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BOTH_RIGHTS, LEGITIMATE_INTERESTS, PUBLISH, SUBSCRIBE} from "./Enums.sol";
import {IFlyTrap} from "./IFlyTrap.sol";
import {Terms} from "./Terms.sol";

/// @title Granted rights: given by a topic's owner, and gone when the topic changes hands
abstract contract Grants is Terms {
    struct Grant {
        address grantor;
        uint40 id;
        uint40 until;
        uint8 basis;
    }

    mapping(bytes32 key => Grant grant) private _grants;

    /// @inheritdoc IFlyTrap
    function grant(
        string calldata filter,
        address account,
        uint8 rights,
        uint40 until,
        uint8 basis,
        bytes32 purpose
    ) external payable whenNotPaused {
        _checkRights(rights);
        if (basis == 0 || basis > LEGITIMATE_INTERESTS) revert FlyTrapInvalidBasis(basis);
        if (until <= block.timestamp) revert FlyTrapInvalidUntil(until);
        if (account == address(0)) revert FlyTrapInvalidAccount(account);
        (bytes32 topicId,) = _findOwned(filter);
        _takePayment(topicId, rights & PUBLISH != 0, msg.sender, 0);
        for (uint8 right = PUBLISH; right <= SUBSCRIBE; ++right) {
            if (rights & right == 0) continue;
            uint40 id = _nextId++;
            _grants[_key(topicId, account, right)] = Grant(msg.sender, id, until, basis);
            emit GrantIssued(topicId, account, id, msg.sender, right, until, basis, purpose);
        }
    }

    /// @inheritdoc IFlyTrap
    function revoke(string calldata filter, address account, uint8 rights) external {
        _checkRights(rights);
        (bytes32 topicId,, Topic storage anchor) = _find(filter);
        for (uint8 right = PUBLISH; right <= SUBSCRIBE; ++right) {
            if (rights & right == 0) continue;
            bytes32 key = _key(topicId, account, right);
            Grant memory ended = _grants[key];
            if (ended.id == 0) revert FlyTrapGrantNotRevocable(topicId, account, right);
            bool mayEnd = msg.sender == anchor.owner || msg.sender == account || msg.sender == ended.grantor;
            if (!mayEnd) revert FlyTrapUnauthorizedSender(ended.id, msg.sender);
            delete _grants[key];
            emit GrantEnded(topicId, account, ended.id, msg.sender, right);
        }
    }

    /// @inheritdoc IFlyTrap
    function grantOf(bytes32 topicId, address account, uint8 right)
        external
        view
        returns (address grantor, uint40 grantId, uint40 until, uint8 basis)
    {
        Grant storage held = _grants[_key(topicId, account, right)];
        return (held.grantor, held.id, held.until, held.basis);
    }

    /// @dev The granted right that counts now for a name whose nearest literal topic is `sinceName` old, or 0.
    function _activeGrant(bytes32 key, uint40 sinceTopic, uint40 sinceName) internal view returns (uint40) {
        Grant storage held = _grants[key];
        bool counts = held.until > block.timestamp && held.id >= sinceTopic && held.id >= sinceName;
        return counts ? held.id : 0;
    }

    function _checkRights(uint8 rights) internal pure {
        if (rights == 0 || rights > BOTH_RIGHTS) revert FlyTrapInvalidRights(rights);
    }

    function _key(bytes32 topicId, address account, uint8 right) internal pure returns (bytes32 key) {
        assembly ("memory-safe") {
            mstore(0, topicId)
            mstore(32, or(shl(96, account), right))
            key := keccak256(0, 64)
        }
    }
}

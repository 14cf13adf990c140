// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IFlyTrap} from "./IFlyTrap.sol";

/// @title The broker owner's side: pause, suspension, report signers, successor
abstract contract Administration is IFlyTrap, Ownable2Step, Pausable {
    struct ReportSigner {
        uint40 from;
        uint40 until;
    }

    mapping(bytes32 spkiHash => ReportSigner) private _reportSigners;
    mapping(address account => uint40 until) private _suspendedUntil;

    /// @inheritdoc IFlyTrap
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IFlyTrap
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc IFlyTrap
    function suspend(address account, uint40 until) external onlyOwner {
        if (account == address(0)) revert FlyTrapInvalidAccount(account);
        _suspendedUntil[account] = until;
        emit AccountSuspended(account, until);
    }

    /// @inheritdoc IFlyTrap
    function suspendedUntil(address account) external view returns (uint40 until) {
        return _suspendedUntil[account];
    }

    /// @inheritdoc IFlyTrap
    function announceSuccessor(address successor) external onlyOwner {
        emit SuccessorAnnounced(successor);
    }

    /// @inheritdoc IFlyTrap
    function setReportSigner(bytes32 spkiHash, uint40 from, uint40 until) external onlyOwner {
        if (until < from) revert FlyTrapInvalidPeriod(from, until);
        _reportSigners[spkiHash] = ReportSigner(from, until);
        emit ReportSignerSet(spkiHash, from, until);
    }

    /// @inheritdoc IFlyTrap
    function reportSigners(bytes32 spkiHash) external view returns (uint40 from, uint40 until) {
        ReportSigner storage signer = _reportSigners[spkiHash];
        return (signer.from, signer.until);
    }

    /// @notice Always reverts: without an owner nobody could unpause, stop a stolen recorder or give out names.
    function renounceOwnership() public view override onlyOwner {
        revert FlyTrapRenounceRefused();
    }

    function _isSuspended(address account) internal view returns (bool) {
        return _suspendedUntil[account] > block.timestamp;
    }
}

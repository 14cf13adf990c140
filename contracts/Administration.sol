// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IFlyTrap} from "./IFlyTrap.sol";

/// @title The broker owner's side
abstract contract Administration is IFlyTrap, Ownable2Step, Pausable {
    struct ReportSigner {
        uint40 from;
        uint40 until;
    }

    mapping(bytes32 spkiHash => ReportSigner) private _reportSigners;

    /// @inheritdoc IFlyTrap
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IFlyTrap
    function unpause() external onlyOwner {
        _unpause();
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
}

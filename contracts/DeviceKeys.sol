// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IFlyTrap} from "./IFlyTrap.sol";
import {Signatures} from "./Signatures.sol";

/// @title Keys that sign in for an owner wallet, and credentials that no longer do
/// @dev Keyed by (owner, device): a bare device => owner map can be hijacked by whoever claims the device first. Every
/// call uses up a nonce, or a signature that was held back could revive a device that was revoked meanwhile.
abstract contract DeviceKeys is Signatures, Nonces {
    bytes32 private constant DEVICE_AUTHORIZATION =
        keccak256("DeviceAuthorization(address owner,address device,uint40 until,uint256 nonce,uint256 deadline)");
    bytes32 private constant CREDENTIAL_REVOCATION =
        keccak256("CredentialRevocation(address wallet,bytes16 id,uint256 nonce,uint256 deadline)");

    mapping(address owner => mapping(address device => uint40 until)) private _deviceUntil;

    /// @inheritdoc IFlyTrap
    function authorizeDevice(address device, uint40 until) external {
        _useNonce(msg.sender);
        _authorize(msg.sender, device, until);
    }

    /// @inheritdoc IFlyTrap
    function authorizeDeviceBySig(
        address owner_,
        address device,
        uint40 until,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 structHash =
            keccak256(abi.encode(DEVICE_AUTHORIZATION, owner_, device, until, _useNonce(owner_), deadline));
        _checkSignature(owner_, structHash, deadline, signature);
        _authorize(owner_, device, until);
    }

    /// @inheritdoc IFlyTrap
    function revokeCredential(bytes16 id) external {
        _useNonce(msg.sender);
        emit CredentialRevoked(msg.sender, id);
    }

    /// @inheritdoc IFlyTrap
    function revokeCredentialBySig(address wallet, bytes16 id, uint256 deadline, bytes calldata signature) external {
        bytes32 structHash = keccak256(abi.encode(CREDENTIAL_REVOCATION, wallet, id, _useNonce(wallet), deadline));
        _checkSignature(wallet, structHash, deadline, signature);
        emit CredentialRevoked(wallet, id);
    }

    /// @inheritdoc IFlyTrap
    function deviceUntil(address owner_, address device) external view returns (uint40 until) {
        return _deviceUntil[owner_][device];
    }

    function _authorize(address owner_, address device, uint40 until) private {
        if (device == address(0)) revert FlyTrapInvalidAccount(device);
        _deviceUntil[owner_][device] = until;
        emit DeviceAuthorized(owner_, device, until);
    }
}

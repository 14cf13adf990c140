// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IFlyTrap} from "./IFlyTrap.sol";

/// @title Typed-data signatures (EIP-712) of accounts and of contract wallets (EIP-1271)
abstract contract Signatures is IFlyTrap, EIP712("FlyTrap", "1") {
    /// @dev Reverts unless `signer` signed the struct and the deadline (inclusive, as EIP-2612 has it) has not passed.
    function _checkSignature(address signer, bytes32 structHash, uint256 deadline, bytes calldata signature)
        internal
        view
    {
        if (block.timestamp > deadline) revert FlyTrapDeadlinePassed(deadline);
        if (!_isSignedBy(signer, _hashTypedDataV4(structHash), signature)) revert FlyTrapInvalidSignature(signer);
    }

    /// @dev ECDSA first: an account with delegated code (EIP-7702) still signs with its key, which OpenZeppelin's
    /// SignatureChecker would refuse, since it looks for code first.
    function _isSignedBy(address signer, bytes32 digest, bytes calldata signature) private view returns (bool) {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return signer.code.length != 0
            && SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);
    }
}

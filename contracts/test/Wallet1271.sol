// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A contract wallet (EIP-1271) that accepts one digest.
contract Wallet1271 {
    bytes32 public accepted;
    bool public isBroken;

    function accept(bytes32 digest) external {
        accepted = digest;
    }

    function breakDown() external {
        isBroken = true;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        require(!isBroken, "broken");
        return digest == accepted ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}

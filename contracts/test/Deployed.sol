// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../IFlyTrap.sol";

/// @notice All that the deployed contract answers: its own interface, and what it inherits from OpenZeppelin.
/// @dev Tests know the contract by this alone, so that they compile without it, in seconds.
interface Deployed is IFlyTrap {
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function transferOwnership(address to) external;
    function acceptOwnership() external;
    function renounceOwnership() external;
    function paused() external view returns (bool);
    function nonces(address account) external view returns (uint256);
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}

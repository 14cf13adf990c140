// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../IFlyTrap.sol";
import {Cast} from "./Cast.sol";
import {Wallet1271} from "./Wallet1271.sol";

/// @notice Device keys and credentials, by transaction and by signature.
contract DeviceKeysTest is Cast {
    bytes32 private constant DEVICE_TYPE =
        keccak256("DeviceAuthorization(address owner,address device,uint40 until,uint256 nonce,uint256 deadline)");
    bytes32 private constant CREDENTIAL_TYPE =
        keccak256("CredentialRevocation(address wallet,bytes16 id,uint256 nonce,uint256 deadline)");
    bytes16 private constant ID = bytes16(uint128(42));

    function authorization(address owner, uint40 until, uint256 nonce, uint256 deadline) private pure returns (bytes32) {
        return keccak256(abi.encode(DEVICE_TYPE, owner, DEVICE, until, nonce, deadline));
    }

    function test_an_owner_authorizes_and_revokes_a_device() public {
        vm.prank(alice);
        trap.authorizeDevice(DEVICE, LATER);
        assertEq(trap.deviceUntil(alice, DEVICE), LATER, "until");
        assertEq(trap.deviceUntil(BOB, DEVICE), 0, "nobody else's");
        vm.prank(alice);
        trap.authorizeDevice(DEVICE, 0);
        assertEq(trap.deviceUntil(alice, DEVICE), 0, "revoked");
        refuses(IFlyTrap.FlyTrapInvalidAccount.selector, abi.encode(address(0)));
        vm.prank(alice);
        trap.authorizeDevice(address(0), LATER);
    }

    function test_claiming_a_device_takes_it_from_nobody() public {
        vm.prank(alice);
        trap.authorizeDevice(DEVICE, LATER);
        vm.prank(BOB);
        trap.authorizeDevice(DEVICE, 0);
        assertEq(trap.deviceUntil(alice, DEVICE), LATER, "still hers");
    }

    function test_a_signature_authorizes_once() public {
        bytes memory signature = signed(ALICE_KEY, authorization(alice, LATER, 0, LATER));
        vm.prank(BOB);
        trap.authorizeDeviceBySig(alice, DEVICE, LATER, LATER, signature);
        assertEq(trap.deviceUntil(alice, DEVICE), LATER, "until");
        assertEq(trap.nonces(alice), 1, "nonce");
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(alice));
        trap.authorizeDeviceBySig(alice, DEVICE, LATER, LATER, signature);
    }

    function test_a_signature_that_was_held_back_revives_no_revoked_device() public {
        bytes memory heldBack = signed(ALICE_KEY, authorization(alice, LATER, 0, LATER));
        vm.prank(alice);
        trap.authorizeDevice(DEVICE, 0);
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(alice));
        trap.authorizeDeviceBySig(alice, DEVICE, LATER, LATER, heldBack);
    }

    function test_a_signature_says_exactly_one_thing() public {
        bytes memory signature = signed(ALICE_KEY, authorization(alice, LATER, 0, LATER));
        bytes memory refusal = abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidSignature.selector, alice);
        vm.expectRevert(refusal);
        trap.authorizeDeviceBySig(alice, BOB, LATER, LATER, signature);
        vm.expectRevert(refusal);
        trap.authorizeDeviceBySig(alice, DEVICE, LATER + 1, LATER, signature);
        vm.expectRevert(refusal);
        trap.authorizeDeviceBySig(alice, DEVICE, LATER, LATER + 1, signature);
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(BOB));
        trap.authorizeDeviceBySig(BOB, DEVICE, LATER, LATER, signature);
        vm.expectRevert(refusal);
        trap.authorizeDeviceBySig(alice, DEVICE, LATER, LATER, "short");
        vm.warp(uint256(LATER) + 1);
        refuses(IFlyTrap.FlyTrapDeadlinePassed.selector, abi.encode(LATER));
        trap.authorizeDeviceBySig(alice, DEVICE, LATER, LATER, signature);
    }

    function test_the_malleable_twin_of_a_signature_is_refused() public {
        bytes32 structHash = authorization(alice, LATER, 0, LATER);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digest(structHash));
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes memory twin = abi.encodePacked(r, bytes32(n - uint256(s)), v == 27 ? 28 : 27);
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(alice));
        trap.authorizeDeviceBySig(alice, DEVICE, LATER, LATER, twin);
    }

    function test_a_contract_wallet_signs_by_its_own_rule() public {
        Wallet1271 wallet = new Wallet1271();
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(address(wallet)));
        trap.authorizeDeviceBySig(address(wallet), DEVICE, LATER, LATER, "any");
        wallet.accept(digest(authorization(address(wallet), LATER, 0, LATER)));
        trap.authorizeDeviceBySig(address(wallet), DEVICE, LATER, LATER, "any");
        assertEq(trap.deviceUntil(address(wallet), DEVICE), LATER, "until");
        wallet.breakDown();
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(address(wallet)));
        trap.authorizeDeviceBySig(address(wallet), DEVICE, LATER, LATER, "any");
    }

    function test_an_account_with_delegated_code_still_signs_with_its_key() public {
        bytes memory signature = signed(ALICE_KEY, authorization(alice, LATER, 0, LATER));
        vm.etch(alice, address(new Wallet1271()).code);
        trap.authorizeDeviceBySig(alice, DEVICE, LATER, LATER, signature);
        assertEq(trap.deviceUntil(alice, DEVICE), LATER, "until");
    }

    function test_a_credential_is_revoked_by_its_wallet_or_its_signature_once() public {
        vm.prank(alice);
        trap.revokeCredential(ID);
        assertEq(trap.nonces(alice), 1, "nonce");
        bytes memory signature = signed(ALICE_KEY, keccak256(abi.encode(CREDENTIAL_TYPE, alice, ID, 1, LATER)));
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(alice));
        trap.revokeCredentialBySig(alice, bytes16(uint128(43)), LATER, signature);
        vm.recordLogs();
        trap.revokeCredentialBySig(alice, ID, LATER, signature);
        assertEq(vm.getRecordedLogs().length, 1, "told");
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(alice));
        trap.revokeCredentialBySig(alice, ID, LATER, signature);
        vm.warp(uint256(LATER) + 1);
        refuses(IFlyTrap.FlyTrapDeadlinePassed.selector, abi.encode(LATER));
        trap.revokeCredentialBySig(alice, ID, LATER, signature);
    }
}

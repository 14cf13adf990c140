// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../IFlyTrap.sol";
import {Cast} from "./Cast.sol";

/// @notice Every field of the events from which proxies and indexers rebuild the state, as somebody else would compute it.
contract EventsTest is Cast {
    bytes32 private constant HOME = keccak256("home");
    bytes32 private constant WILD = keccak256("home/#");

    function tells() private {
        vm.expectEmit(address(trap));
    }

    function test_registration() public {
        tells();
        emit IFlyTrap.TopicRegistered(keccak256("office"), BOB, broker, 1, "office");
        vm.prank(broker);
        trap.giveTopic("office", BOB);
        tells();
        emit IFlyTrap.TopicRegistered(keccak256("home/+"), address(0), alice, 0, "home/+");
        register("home/+");
        tells();
        emit IFlyTrap.TopicRegistered(keccak256("home/flat"), alice, alice, 1, "home/flat");
        register("home/flat");
    }

    function test_terms_and_transfer() public {
        grant("home", DEVICE, 3, LATER);
        tells();
        emit IFlyTrap.TermsSet(HOME, 3, 2, 4, 5, 60, 1, 255, true);
        vm.prank(alice);
        trap.setTerms("home", IFlyTrap.TopicTerms(2, 4, 5, 60, 1, 255, true));
        tells();
        emit IFlyTrap.TransferProposed(HOME, alice, BOB, 3);
        vm.prank(alice);
        trap.proposeTransfer(HOME, BOB);
        tells();
        emit IFlyTrap.TopicTransferred(HOME, alice, BOB, 5);
        vm.prank(BOB);
        trap.acceptTransfer(HOME, 3);
    }

    function test_grants_and_their_end() public {
        tells();
        emit IFlyTrap.GrantIssued(WILD, DEVICE, 1, alice, 1, LATER, 2, 0);
        tells();
        emit IFlyTrap.GrantIssued(WILD, DEVICE, 2, alice, 2, LATER, 2, 0);
        grant("home/#", DEVICE, 3, LATER);
        tells();
        emit IFlyTrap.GrantEnded(WILD, DEVICE, 2, DEVICE, 2);
        vm.prank(DEVICE);
        trap.revoke("home/#", DEVICE, 2);
    }

    function test_sales_and_who_gets_what() public {
        fees(1_000, 0, 7);
        sell("home/#", 3, 1_000, 2_000, 100);
        tells();
        emit IFlyTrap.RightBought(WILD, BOB, 1, alice, 1, START + 100, 1_000, 100, bytes32(uint256(9)));
        tells();
        emit IFlyTrap.Credited(broker, WILD, 3, 7);
        tells();
        emit IFlyTrap.Credited(broker, WILD, 2, 100);
        tells();
        emit IFlyTrap.Credited(alice, WILD, 1, 900);
        vm.prank(BOB);
        trap.purchase{value: 1_007}("home/#", 1, 0, bytes32(uint256(9)));
        vm.warp(START + 50);
        tells();
        emit IFlyTrap.GrantEnded(WILD, BOB, 1, alice, 1);
        tells();
        emit IFlyTrap.Credited(BOB, WILD, 4, 500);
        tells();
        emit IFlyTrap.Credited(alice, WILD, 5, 1);
        vm.prank(alice);
        trap.endPurchase{value: 501}("home/#", BOB, 1);
        tells();
        emit IFlyTrap.Withdrawn(alice, alice, 901);
        trap.withdraw(alice);
    }

    function test_fees() public {
        tells();
        emit IFlyTrap.FeesSet(1, 2, 3);
        fees(1, 2, 3);
        tells();
        emit IFlyTrap.Credited(broker, keccak256("home/+"), 3, 2);
        vm.prank(alice);
        trap.registerTopic{value: 2}("home/+");
    }

    function test_devices_and_auditors() public {
        tells();
        emit IFlyTrap.DeviceAuthorized(alice, DEVICE, LATER);
        vm.prank(alice);
        trap.authorizeDevice(DEVICE, LATER);
        tells();
        emit IFlyTrap.CredentialRevoked(alice, bytes16(uint128(5)));
        vm.prank(alice);
        trap.revokeCredential(bytes16(uint128(5)));
        tells();
        emit IFlyTrap.AuditorSet(CAROL, WILD, alice, LATER, 1);
        vm.prank(alice);
        trap.setAuditor(CAROL, "home/#", LATER);
    }

    function test_administration() public {
        vm.startPrank(broker);
        tells();
        emit IFlyTrap.AccountSuspended(BOB, LATER);
        trap.suspend(BOB, LATER);
        tells();
        emit IFlyTrap.SuccessorAnnounced(CAROL);
        trap.announceSuccessor(CAROL);
        tells();
        emit IFlyTrap.ReportSignerSet(HOME, 4, 5);
        trap.setReportSigner(HOME, 4, 5);
        vm.stopPrank();
    }

    function test_a_recorders_life() public {
        bytes32 head = keccak256(abi.encode(block.chainid, address(trap), CAROL));
        vm.startPrank(broker);
        tells();
        emit IFlyTrap.RecorderAdded(CAROL, 1, head);
        trap.addRecorder(CAROL);
        vm.warp(START + 9);
        tells();
        emit IFlyTrap.RecorderRetired(CAROL, 1, START + 9);
        trap.retireRecorder(CAROL);
        vm.stopPrank();
        bytes32 hash = keccak256(new bytes(72));
        head = keccak256(abi.encode(head, 1, 1, hash, WILD, START + 3, START + 4));
        tells();
        emit IFlyTrap.Batch(CAROL, 1, 1, hash, WILD, START + 3, START + 4, head);
        vm.prank(CAROL);
        trap.recordBatch(1, new bytes(72), WILD, START + 3, START + 4);
        tells();
        emit IFlyTrap.RecorderStopped(CAROL, 1, 2, START + 3, head);
        vm.prank(broker);
        trap.stopRecorder(CAROL);
    }

    function test_an_anchored_report() public {
        vm.prank(broker);
        trap.addRecorder(CAROL);
        tells();
        emit IFlyTrap.ReportIssued(HOME, 3, CAROL);
        vm.prank(CAROL);
        trap.issueReport(HOME, 3);
    }
}

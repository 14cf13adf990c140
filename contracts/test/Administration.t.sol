// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../IFlyTrap.sol";
import {Cast} from "./Cast.sol";

/// @notice What only the broker owner does, and what it does.
contract AdministrationTest is Cast {
    function test_only_the_broker_owner_administers() public {
        bytes memory refusal = abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", BOB);
        bytes[10] memory calls = [
            abi.encodeCall(trap.pause, ()),
            abi.encodeCall(trap.unpause, ()),
            abi.encodeCall(trap.suspend, (alice, LATER)),
            abi.encodeCall(trap.announceSuccessor, (BOB)),
            abi.encodeCall(trap.setReportSigner, (0, 0, 1)),
            abi.encodeCall(trap.setFees, (0, 0, 0)),
            abi.encodeCall(trap.giveTopic, ("x", BOB)),
            abi.encodeCall(trap.addRecorder, (BOB)),
            abi.encodeCall(trap.setAuditor, (BOB, "", LATER)),
            abi.encodeCall(trap.renounceOwnership, ())
        ];
        for (uint256 i; i < calls.length; ++i) {
            vm.prank(BOB);
            (bool ok, bytes memory answer) = address(trap).call(calls[i]);
            assertTrue(!ok && keccak256(answer) == keccak256(refusal), "refused");
        }
    }

    function test_a_suspended_account_may_nothing_until_its_time_not_even_what_it_owns() public {
        grant("home/#", DEVICE, 1, LATER);
        vm.prank(broker);
        trap.suspend(DEVICE, START + 100);
        vm.prank(broker);
        trap.suspend(alice, START + 100);
        assertEq(trap.suspendedUntil(DEVICE), START + 100, "until");
        assertTrue(!may(DEVICE, "home/a", 1) && !may(alice, "home/a", 1), "suspended");
        vm.warp(START + 100);
        assertTrue(may(DEVICE, "home/a", 1) && may(alice, "home/a", 1), "until is exclusive");
        refuses(IFlyTrap.FlyTrapInvalidAccount.selector, abi.encode(address(0)));
        vm.prank(broker);
        trap.suspend(address(0), LATER);
    }

    function test_a_suspension_is_lifted_by_a_time_in_the_past() public {
        vm.prank(broker);
        trap.suspend(alice, LATER);
        vm.prank(broker);
        trap.suspend(alice, 0);
        assertTrue(may(alice, "home/a", 1), "lifted");
    }

    function test_a_successor_is_announced_and_nothing_moves() public {
        vm.recordLogs();
        vm.prank(broker);
        trap.announceSuccessor(BOB);
        assertEq(vm.getRecordedLogs().length, 1, "told");
        assertTrue(trap.owner() == broker, "nothing moves");
    }

    function test_ownership_changes_by_offer_and_acceptance() public {
        vm.prank(broker);
        trap.transferOwnership(CAROL);
        assertTrue(trap.owner() == broker, "not yet");
        vm.prank(CAROL);
        trap.acceptOwnership();
        assertTrue(trap.owner() == CAROL, "now");
    }

    function test_auditors_of_all_topics_are_the_broker_owners() public {
        vm.prank(broker);
        trap.setAuditor(CAROL, "", LATER);
        assertTrue(trap.isAuditor(CAROL, "") && trap.isAuditor(CAROL, "home") && trap.isAuditor(CAROL, "home/#"), "all");
        handOver("home", alice, BOB);
        assertTrue(trap.isAuditor(CAROL, "home"), "no topic's business");
        vm.warp(LATER);
        assertTrue(!trap.isAuditor(CAROL, ""), "until is exclusive");
    }

    function test_auditors_of_a_topic_are_its_owners_and_of_that_topic_alone() public {
        refuses(IFlyTrap.FlyTrapNotTopicOwner.selector, abi.encode("home/#", BOB));
        vm.prank(BOB);
        trap.setAuditor(BOB, "home/#", LATER);
        vm.prank(alice);
        trap.setAuditor(CAROL, "home/#", LATER);
        assertTrue(trap.isAuditor(CAROL, "home/#") && !trap.isAuditor(CAROL, "home"), "that topic");
        assertTrue(!trap.isAuditor(CAROL, "") && !trap.isAuditor(BOB, "home/#"), "nobody else");
        vm.prank(alice);
        trap.setAuditor(CAROL, "home/#", 0);
        assertTrue(!trap.isAuditor(CAROL, "home/#"), "dismissed");
        refuses(IFlyTrap.FlyTrapInvalidAccount.selector, abi.encode(address(0)));
        vm.prank(alice);
        trap.setAuditor(address(0), "home/#", LATER);
        refuses(IFlyTrap.FlyTrapTopicUnregistered.selector, abi.encode(keccak256("none")));
        trap.isAuditor(CAROL, "none");
    }

    function test_unpausing_lets_everything_go_on() public {
        vm.prank(broker);
        trap.pause();
        vm.expectRevert(PAUSED);
        register("home/flat");
        handOver("home", alice, BOB);
        vm.prank(broker);
        trap.unpause();
        vm.prank(BOB);
        trap.registerTopic("home/flat");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deployed} from "./Deployed.sol";
import {IFlyTrap} from "../IFlyTrap.sol";
import {TopicFilters} from "../TopicFilters.sol";
import {Check} from "./Check.sol";

/// @notice Who may register, grant, revoke, and what `check` answers.
contract TopicsTest is Check {
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    address private constant DEVICE = address(0xDE);
    uint40 private constant LATER = 2_000_000;
    Deployed private trap;

    function setUp() public {
        vm.warp(1_000_000);
        trap = deploy(address(this));
        trap.giveTopic("home", ALICE);
        vm.prank(ALICE);
        trap.registerTopic("home/#");
    }

    function grant(string memory filter, uint8 rights, uint40 until) private {
        vm.prank(ALICE);
        trap.grant(filter, DEVICE, rights, until, 2, 0);
    }

    function may(address account, string memory name, uint8 right) private view returns (bool allowed) {
        (allowed,,) = trap.check(account, name, right);
    }

    function test_first_level_names_are_given_by_the_owner_alone() public {
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", ALICE));
        vm.prank(ALICE);
        trap.giveTopic("alice", ALICE);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapNotFirstLevel.selector, "a/b"));
        trap.giveTopic("a/b", ALICE);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapNotFirstLevel.selector, "#"));
        trap.giveTopic("#", ALICE);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidAccount.selector, address(0)));
        trap.giveTopic("zero", address(0));
        trap.giveTopic("/slash", ALICE);
    }

    function test_below_a_name_only_its_owner_registers() public {
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapNotTopicOwner.selector, "home/flat", BOB));
        vm.prank(BOB);
        trap.registerTopic("home/flat");
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapNotTopicOwner.selector, "#", BOB));
        vm.prank(BOB);
        trap.registerTopic("#");
        vm.prank(ALICE);
        trap.registerTopic("home/flat");
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapTopicExists.selector, keccak256("home/flat")));
        vm.prank(ALICE);
        trap.registerTopic("home/flat");
    }

    function test_an_owner_may_everywhere_below() public view {
        assertTrue(may(ALICE, "home", 1) && may(ALICE, "home/a//b", 2), "owner");
        assertTrue(!may(ALICE, "homes", 1) && !may(BOB, "home", 1), "others");
    }

    function test_a_grant_gives_its_right_on_its_topic_until_its_second() public {
        grant("home/#", 1, LATER);
        assertTrue(may(DEVICE, "home/a/b", 1) && may(DEVICE, "home", 1), "publish");
        assertTrue(!may(DEVICE, "home/a", 2), "no subscribe");
        vm.warp(LATER - 1);
        assertTrue(may(DEVICE, "home/a", 1), "last second");
        vm.warp(LATER);
        assertTrue(!may(DEVICE, "home/a", 1), "until is exclusive");
    }

    function test_each_right_has_its_own_grant_id() public {
        grant("home/#", 3, LATER);
        (, uint40 publishing,) = trap.check(DEVICE, "home/a", 1);
        (, uint40 subscribing,) = trap.check(DEVICE, "home/a", 2);
        assertEq(publishing, 1, "publish");
        assertEq(subscribing, 2, "subscribe");
        grant("home/#", 1, LATER);
        (, publishing,) = trap.check(DEVICE, "home/a", 1);
        assertEq(publishing, 3, "replaced");
    }

    function test_revoking_ends_a_grant_at_once_by_owner_or_grantee_and_only_once() public {
        grant("home/#", 3, LATER);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapUnauthorizedSender.selector, 1, BOB));
        vm.prank(BOB);
        trap.revoke("home/#", DEVICE, 1);
        vm.prank(ALICE);
        trap.revoke("home/#", DEVICE, 1);
        vm.prank(DEVICE);
        trap.revoke("home/#", DEVICE, 2);
        assertTrue(!may(DEVICE, "home/a", 1) && !may(DEVICE, "home/a", 2), "revoked");
        vm.expectRevert(
            abi.encodeWithSelector(IFlyTrap.FlyTrapGrantNotRevocable.selector, keccak256("home/#"), DEVICE, 1)
        );
        vm.prank(ALICE);
        trap.revoke("home/#", DEVICE, 1);
    }

    function test_bad_grants_are_refused() public {
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidRights.selector, 0));
        trap.grant("home/#", DEVICE, 0, LATER, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidRights.selector, 4));
        trap.grant("home/#", DEVICE, 4, LATER, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidRights.selector, 0));
        trap.revoke("home/#", DEVICE, 0);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidBasis.selector, 0));
        trap.grant("home/#", DEVICE, 1, LATER, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidBasis.selector, 7));
        trap.grant("home/#", DEVICE, 1, LATER, 7, 0);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidUntil.selector, 1_000_000));
        trap.grant("home/#", DEVICE, 1, 1_000_000, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidAccount.selector, address(0)));
        trap.grant("home/#", address(0), 1, LATER, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapTopicUnregistered.selector, keccak256("home/x")));
        trap.grant("home/x", DEVICE, 1, LATER, 1, 0);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapNotTopicOwner.selector, "home/#", BOB));
        vm.prank(BOB);
        trap.grant("home/#", DEVICE, 1, LATER, 1, 0);
    }

    function test_pausing_stops_registration_and_grants_never_revoking() public {
        grant("home/#", 1, LATER);
        trap.pause();
        bytes memory paused = abi.encodeWithSignature("EnforcedPause()");
        vm.expectRevert(paused);
        trap.giveTopic("other", ALICE);
        vm.startPrank(ALICE);
        vm.expectRevert(paused);
        trap.registerTopic("home/x");
        vm.expectRevert(paused);
        trap.grant("home/#", DEVICE, 1, LATER, 1, 0);
        trap.revoke("home/#", DEVICE, 1);
        vm.stopPrank();
        trap.unpause();
        grant("home/#", 1, LATER);
    }

    function test_ownership_cannot_be_renounced_and_report_signers_have_a_period() public {
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRenounceRefused.selector));
        trap.renounceOwnership();
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidPeriod.selector, 5, 4));
        trap.setReportSigner(bytes32(uint256(1)), 5, 4);
        trap.setReportSigner(bytes32(uint256(1)), 4, 5);
        (uint40 from, uint40 until) = trap.reportSigners(bytes32(uint256(1)));
        assertTrue(from == 4 && until == 5, "period");
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", BOB));
        vm.prank(BOB);
        trap.setReportSigner(bytes32(uint256(2)), 4, 5);
    }

    function test_what_the_views_say() public {
        grant("home/#", 2, LATER);
        (address owner, uint40 since, bool registered) = trap.topicOf("home/#");
        assertTrue(owner == ALICE && since == 0 && registered, "wildcard");
        (owner, since, registered) = trap.topicOf("home/nothing");
        assertTrue(owner == address(0) && since == 0 && !registered, "unregistered");
        (address grantor, uint40 id, uint40 until, uint8 basis) = trap.grantOf(keccak256("home/#"), DEVICE, 2);
        assertTrue(grantor == ALICE && id == 1 && until == LATER && basis == 2, "grant");
    }

    function test_check_refuses_what_is_no_name_or_right() public view {
        assertTrue(!may(ALICE, "", 1) && !may(ALICE, "home/#", 1) && !may(ALICE, "home/+", 1), "no name");
        assertTrue(!may(ALICE, "home\x00", 1) && !may(ALICE, "home", 0) && !may(ALICE, "home", 3), "no right");
    }

    function testFuzz_check_never_reverts(address account, bytes calldata name, uint8 right) public view {
        trap.check(account, string(name), right);
    }

    function test_names_longer_than_any_filter_are_decided_by_the_levels_that_can_be_registered() public {
        grant("home/#", 1, LATER);
        bytes memory long = "home";
        for (uint256 i; i < 40; ++i) long = bytes.concat(long, "/level");
        long = bytes.concat(long, new bytes(0), "/x");
        bytes memory longer = bytes.concat(long, long);
        assertTrue(may(DEVICE, string(longer), 1), "longer than 256 bytes and 16 levels");
    }

    function test_a_right_on_the_deepest_topic_reaches_no_name_below_it() public {
        string memory deepest = "home/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16";
        vm.prank(ALICE);
        trap.registerTopic(deepest);
        grant(deepest, 1, LATER);
        assertTrue(may(DEVICE, deepest, 1) && !may(DEVICE, string.concat(deepest, "/17"), 1), "itself alone");
    }

    function test_filters_that_cannot_be_registered_are_refused() public {
        string[9] memory bad = ["", "home/#/a", "home/a#", "home/+a", "home/a+", "home/\x01", "home/\x7f", "home/\x00", "/#"];
        for (uint256 i; i < bad.length; ++i) {
            vm.prank(ALICE);
            (bool ok,) = address(trap).call(abi.encodeCall(trap.registerTopic, (bad[i])));
            assertTrue(!ok, bad[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(TopicFilters.FlyTrapInvalidFilter.selector, "home/a#"));
        vm.prank(ALICE);
        trap.registerTopic("home/a#");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../IFlyTrap.sol";
import {Cast} from "./Cast.sol";

/// @notice Topics change hands, and what that does to rights, terms and auditors: the traps of ownership.
contract TransfersTest is Cast {
    bytes32 private constant HOME = keccak256("home");

    function test_only_the_owner_proposes_and_only_the_named_one_accepts() public {
        refuses(IFlyTrap.FlyTrapNotOwnerOf.selector, abi.encode(HOME, BOB));
        vm.prank(BOB);
        trap.proposeTransfer(HOME, BOB);
        vm.prank(alice);
        uint40 proposal = trap.proposeTransfer(HOME, BOB);
        (address to, uint40 number) = trap.proposalOf(HOME);
        assertTrue(to == BOB && number == proposal, "stands");
        refuses(IFlyTrap.FlyTrapNotProposed.selector, abi.encode(HOME, CAROL, proposal));
        vm.prank(CAROL);
        trap.acceptTransfer(HOME, proposal);
        refuses(IFlyTrap.FlyTrapNotProposed.selector, abi.encode(HOME, BOB, proposal + 1));
        vm.prank(BOB);
        trap.acceptTransfer(HOME, proposal + 1);
        vm.prank(BOB);
        trap.acceptTransfer(HOME, proposal);
        (address owner,,) = trap.topicOf("home/#");
        assertTrue(owner == BOB, "the wildcard follows its anchor");
        (to, number) = trap.proposalOf(HOME);
        assertTrue(to == address(0) && number == 0, "nothing stands any more");
    }

    function test_a_former_owner_takes_nothing_back_with_the_proposal_that_once_served_him() public {
        vm.prank(alice);
        uint40 proposal = trap.proposeTransfer(HOME, BOB);
        vm.prank(BOB);
        trap.acceptTransfer(HOME, proposal);
        refuses(IFlyTrap.FlyTrapNotProposed.selector, abi.encode(HOME, BOB, proposal));
        vm.prank(BOB);
        trap.acceptTransfer(HOME, proposal);
    }

    function test_a_wildcard_is_never_transferred_alone() public {
        refuses(IFlyTrap.FlyTrapNotOwnerOf.selector, abi.encode(keccak256("home/#"), alice));
        vm.prank(alice);
        trap.proposeTransfer(keccak256("home/#"), BOB);
    }

    function test_a_withdrawn_proposal_is_accepted_by_nobody() public {
        vm.prank(alice);
        uint40 first = trap.proposeTransfer(HOME, BOB);
        vm.prank(alice);
        uint40 second = trap.proposeTransfer(HOME, address(0));
        (address to, uint40 number) = trap.proposalOf(HOME);
        assertTrue(to == address(0) && number == 0, "nothing stands");
        refuses(IFlyTrap.FlyTrapNotProposed.selector, abi.encode(HOME, BOB, first));
        vm.prank(BOB);
        trap.acceptTransfer(HOME, first);
        refuses(IFlyTrap.FlyTrapNotProposed.selector, abi.encode(HOME, BOB, second));
        vm.prank(BOB);
        trap.acceptTransfer(HOME, second);
        register("home/flat");
    }

    function test_a_sale_slipped_in_before_acceptance_changes_the_proposals_number() public {
        sell("home", 2, 0, 5, 100);
        vm.prank(alice);
        uint40 read = trap.proposeTransfer(HOME, BOB);
        refuses(IFlyTrap.FlyTrapProposalStands.selector, abi.encode(read));
        buy(CAROL, "home", 2, 5);
        // The owner withdraws, sells and proposes again: the buyer's acceptance names what he read, and fails.
        vm.prank(alice);
        trap.proposeTransfer(HOME, address(0));
        buy(CAROL, "home", 2, 5);
        vm.prank(alice);
        trap.proposeTransfer(HOME, BOB);
        refuses(IFlyTrap.FlyTrapNotProposed.selector, abi.encode(HOME, BOB, read));
        vm.prank(BOB);
        trap.acceptTransfer(HOME, read);
    }

    function test_while_a_proposal_stands_nothing_is_sold_or_registered_on_the_topic() public {
        sell("home/#", 2, 0, 0, 100);
        vm.prank(alice);
        uint40 proposal = trap.proposeTransfer(HOME, BOB);
        bytes memory stands = abi.encodeWithSelector(IFlyTrap.FlyTrapProposalStands.selector, proposal);
        vm.expectRevert(stands);
        register("home/flat");
        vm.expectRevert(stands);
        register("home/+");
        vm.expectRevert(stands);
        buy(CAROL, "home/#", 2, 0);
    }

    function test_no_granted_right_survives_a_change_of_hands() public {
        grant("home", DEVICE, 1, LATER);
        grant("home/#", DEVICE, 2, LATER);
        handOver("home", alice, BOB);
        assertTrue(!may(DEVICE, "home", 1) && !may(DEVICE, "home/a", 2), "gone");
        assertTrue(may(BOB, "home/a", 2) && !may(alice, "home/a", 2), "owner");
        vm.prank(BOB);
        trap.grant("home/#", DEVICE, 2, LATER, 1, 0);
        assertTrue(may(DEVICE, "home/a", 2), "a new one counts");
    }

    function test_a_subtree_handed_over_and_back_revives_no_grant() public {
        grant("home/#", DEVICE, 1, LATER);
        register("home/flat");
        assertTrue(may(DEVICE, "home/flat/a", 1), "before");
        handOver("home/flat", alice, BOB);
        assertTrue(!may(DEVICE, "home/flat/a", 1) && may(DEVICE, "home/b", 1), "carved out");
        handOver("home/flat", BOB, alice);
        assertTrue(!may(DEVICE, "home/flat/a", 1), "does not revive");
        assertTrue(may(DEVICE, "home/b", 1), "the rest stays");
        grant("home/#", DEVICE, 1, LATER);
        assertTrue(may(DEVICE, "home/flat/a", 1), "a new grant reaches it");
    }

    function test_a_topic_handed_over_and_back_revives_no_grant_on_a_subtree_that_stayed() public {
        register("home/flat");
        grant("home/#", DEVICE, 1, LATER);
        handOver("home", alice, BOB);
        handOver("home", BOB, alice);
        assertTrue(!may(DEVICE, "home/flat/a", 1) && !may(DEVICE, "home/a", 1), "gone for good");
    }

    function test_a_subtree_of_its_own_stays_with_its_owner() public {
        register("home/flat");
        handOver("home", alice, BOB);
        assertTrue(may(alice, "home/flat/a", 1) && !may(BOB, "home/flat/a", 1), "flat");
        vm.prank(BOB);
        trap.grant("home/#", DEVICE, 1, LATER, 1, 0);
        assertTrue(may(DEVICE, "home/a", 1) && !may(DEVICE, "home/flat/a", 1), "no wildcard crosses owners");
    }

    function test_a_former_owner_and_grantor_grants_no_more_but_may_end_what_he_gave() public {
        grant("home", DEVICE, 3, LATER);
        handOver("home", alice, BOB);
        refuses(IFlyTrap.FlyTrapNotTopicOwner.selector, abi.encode("home", alice));
        grant("home", DEVICE, 1, LATER);
        vm.prank(alice);
        trap.revoke("home", DEVICE, 1);
        vm.prank(BOB);
        trap.revoke("home", DEVICE, 2);
    }

    function test_a_bought_right_survives_a_transfer_and_follows_the_topics_owner() public {
        sell("home/#", 2, 0, 5, 1_000);
        register("home/flat");
        buy(CAROL, "home/#", 2, 5);
        handOver("home/flat", alice, BOB);
        assertTrue(!may(CAROL, "home/flat/a", 2), "it reaches only what its topic's owner owns");
        handOver("home", alice, BOB);
        assertTrue(may(CAROL, "home/a", 2) && may(CAROL, "home/flat/a", 2), "at each moment");
    }

    function test_a_grant_is_not_laundered_by_a_purchase() public {
        grant("home", CAROL, 2, FOREVER);
        sell("home", 2, 0, 1, 60);
        buy(CAROL, "home", 2, 1);
        (, uint40 until,,) = trap.purchaseOf(HOME, CAROL, 2);
        assertEq(until, START + 60, "it buys a minute, not what was granted");
        handOver("home", alice, BOB);
        assertTrue(may(CAROL, "home", 2), "the minute that was paid for");
        vm.warp(START + 60);
        assertTrue(!may(CAROL, "home", 2), "and no more");
    }

    function test_a_new_owner_inherits_country_rule_and_record_mode_but_no_prices() public {
        IFlyTrap.TopicTerms memory set = IFlyTrap.TopicTerms(3, 4, 5, 60, 1, 255, true);
        vm.prank(alice);
        trap.setTerms("home", set);
        vm.prank(alice);
        trap.setTerms("home/#", set);
        handOver("home", alice, BOB);
        string[2] memory filters = ["home", "home/#"];
        for (uint256 i; i < 2; ++i) {
            IFlyTrap.TopicTerms memory now_ = trap.termsOf(filters[i]);
            assertTrue(now_.offers == 0 && now_.publishPrice == 0 && now_.subscribePrice == 0 && now_.period == 0, "sale");
            assertTrue(now_.countryRule == 1 && now_.countries == 255 && now_.isSealed, "rules");
            refuses(IFlyTrap.FlyTrapNotForSale.selector, abi.encode(keccak256(bytes(filters[i])), 2));
            buy(CAROL, filters[i], 2, 5);
        }
    }

    function test_terms_set_in_the_very_moment_before_are_older_than_the_change_of_hands() public {
        vm.prank(alice);
        uint40 proposal = trap.proposeTransfer(HOME, BOB);
        sell("home/#", 2, 0, 5, 60);
        vm.prank(BOB);
        trap.acceptTransfer(HOME, proposal);
        assertEq(trap.termsOf("home/#").offers, 0, "old terms");
        vm.prank(BOB);
        trap.setTerms("home/#", terms(2, 0, 6, 60));
        assertEq(trap.termsOf("home/#").offers, 2, "new terms");
    }

    function test_what_an_owner_appointed_lapses_with_him() public {
        vm.prank(alice);
        trap.setAuditor(CAROL, "home/#", LATER);
        assertTrue(trap.isAuditor(CAROL, "home/#"), "appointed");
        handOver("home", alice, BOB);
        assertTrue(!trap.isAuditor(CAROL, "home/#"), "lapsed");
    }
}

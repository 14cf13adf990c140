// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../IFlyTrap.sol";
import {Cast} from "./Cast.sol";

/// @notice Buying, renewing and ending rights, and who gets the money.
contract SalesTest is Cast {
    bytes32 private constant ID = keccak256("home/#");

    function setUp() public override {
        super.setUp();
        sell("home/#", 3, 1_000, 2_000, 100);
    }

    function test_a_purchase_gives_the_right_for_one_period() public {
        buy(BOB, "home/#", 2, 2_000);
        assertTrue(may(BOB, "home/a", 2) && !may(BOB, "home/a", 1), "right");
        vm.warp(START + 99);
        assertTrue(may(BOB, "home/a", 2), "last second");
        vm.warp(START + 100);
        assertTrue(!may(BOB, "home/a", 2), "until is exclusive");
        assertEq(trap.creditOf(alice), 2_000, "the seller's");
    }

    function test_the_payment_is_exact_and_split_between_seller_share_and_fee() public {
        fees(1_000, 0, 7);
        uint256[2] memory wrong = [uint256(3_006), 3_008];
        for (uint256 i; i < 2; ++i) {
            refuses(IFlyTrap.FlyTrapWrongPayment.selector, abi.encode(3_007, wrong[i]));
            buy(BOB, "home/#", 3, wrong[i]);
        }
        buy(BOB, "home/#", 3, 3_007);
        assertEq(trap.creditOf(broker), 307, "a tenth, and the flat fee");
        assertEq(trap.creditOf(alice), 2_700, "the rest");
        assertEq(address(trap).balance, 3_007, "nothing else");
    }

    function test_a_grant_to_publish_costs_the_flat_fee_and_one_to_subscribe_nothing() public {
        fees(0, 0, 7);
        refuses(IFlyTrap.FlyTrapWrongPayment.selector, abi.encode(7, 0));
        grant("home/#", DEVICE, 3, LATER);
        vm.prank(alice);
        trap.grant{value: 7}("home/#", DEVICE, 3, LATER, 1, 0);
        refuses(IFlyTrap.FlyTrapWrongPayment.selector, abi.encode(0, 7));
        vm.prank(alice);
        trap.grant{value: 7}("home/#", DEVICE, 2, LATER, 1, 0);
        grant("home/#", DEVICE, 2, LATER);
        assertEq(trap.creditOf(broker), 7, "fee");
    }

    function test_a_renewal_adds_a_period_and_a_new_id() public {
        buy(BOB, "home/#", 2, 2_000);
        (uint40 first,,,) = trap.purchaseOf(ID, BOB, 2);
        vm.warp(START + 60);
        buy(BOB, "home/#", 2, 2_000);
        (uint40 second, uint40 until, uint96 price, uint32 period) = trap.purchaseOf(ID, BOB, 2);
        assertTrue(second > first && until == START + 200 && price == 2_000 && period == 100, "renewed");
        vm.warp(START + 300);
        buy(BOB, "home/#", 2, 2_000);
        (, until,,) = trap.purchaseOf(ID, BOB, 2);
        assertEq(until, START + 400, "after a pause it begins now");
    }

    function test_a_running_right_is_renewed_at_its_own_price_and_period_only() public {
        buy(BOB, "home/#", 2, 2_000);
        bytes memory changed = abi.encodeWithSelector(IFlyTrap.FlyTrapTermsChanged.selector, 2_000, 100);
        sell("home/#", 3, 1_000, 2_001, 100);
        vm.expectRevert(changed);
        buy(BOB, "home/#", 2, 2_001);
        sell("home/#", 3, 1_000, 2_000, 101);
        vm.expectRevert(changed);
        buy(BOB, "home/#", 2, 2_000);
        vm.warp(START + 100);
        buy(BOB, "home/#", 2, 2_000);
    }

    function test_the_buyer_names_the_least_he_expects() public {
        refuses(IFlyTrap.FlyTrapBelowMinimum.selector, abi.encode(START + 100, START + 101));
        vm.prank(BOB);
        trap.purchase{value: 2_000}("home/#", 2, START + 101, 0);
        vm.prank(BOB);
        trap.purchase{value: 2_000}("home/#", 2, START + 100, 0);
    }

    function test_a_right_for_ever_cannot_be_bought_twice() public {
        sell("home/#", 2, 0, 9, 0);
        buy(BOB, "home/#", 2, 9);
        (, uint40 until,,) = trap.purchaseOf(ID, BOB, 2);
        assertEq(until, FOREVER, "for ever");
        refuses(IFlyTrap.FlyTrapBelowMinimum.selector, abi.encode(FOREVER, 0));
        buy(BOB, "home/#", 2, 9);
    }

    function test_a_time_beyond_all_numbers_is_refused() public {
        sell("home/#", 2, 0, 0, type(uint32).max);
        vm.warp(FOREVER - 10);
        uint256 end = uint256(FOREVER) - 10 + type(uint32).max;
        refuses(IFlyTrap.FlyTrapBelowMinimum.selector, abi.encode(end, 0));
        buy(BOB, "home/#", 2, 0);
    }

    function test_only_what_is_offered_is_sold_and_a_plus_never() public {
        sell("home/#", 2, 0, 0, 100);
        refuses(IFlyTrap.FlyTrapNotForSale.selector, abi.encode(ID, 1));
        buy(BOB, "home/#", 1, 0);
        refuses(IFlyTrap.FlyTrapNotForSale.selector, abi.encode(ID, 3));
        buy(BOB, "home/#", 3, 0);
        refuses(IFlyTrap.FlyTrapNotForSale.selector, abi.encode(keccak256("home"), 2));
        buy(BOB, "home", 2, 0);
        refuses(IFlyTrap.FlyTrapInvalidRights.selector, abi.encode(0));
        buy(BOB, "home/#", 0, 0);
        refuses(IFlyTrap.FlyTrapInvalidRights.selector, abi.encode(4));
        buy(BOB, "home/#", 4, 0);
        register("home/+");
        refuses(IFlyTrap.FlyTrapNotSellable.selector, abi.encode("home/+"));
        sell("home/+", 2, 0, 0, 100);
        sell("home/+", 0, 0, 0, 0);
    }

    function test_terms_are_set_by_the_owner_and_must_make_sense() public {
        refuses(IFlyTrap.FlyTrapNotTopicOwner.selector, abi.encode("home/#", BOB));
        vm.prank(BOB);
        trap.setTerms("home/#", terms(0, 0, 0, 0));
        refuses(IFlyTrap.FlyTrapInvalidRights.selector, abi.encode(4));
        sell("home/#", 4, 0, 0, 0);
        IFlyTrap.TopicTerms memory t = terms(0, 0, 0, 0);
        uint256[3] memory countries = [uint256(1), 0, 1];
        uint8[3] memory rules = [0, 2, 3];
        for (uint256 i; i < 3; ++i) {
            (t.countryRule, t.countries) = (rules[i], countries[i]);
            refuses(IFlyTrap.FlyTrapInvalidCountryRule.selector, abi.encode(rules[i], countries[i]));
            vm.prank(alice);
            trap.setTerms("home/#", t);
        }
        refuses(IFlyTrap.FlyTrapTopicUnregistered.selector, abi.encode(keccak256("home/none")));
        sell("home/none", 0, 0, 0, 0);
    }

    function test_pause_stops_sales_but_not_ending_or_withdrawing() public {
        buy(BOB, "home/#", 2, 2_000);
        vm.prank(broker);
        trap.pause();
        vm.expectRevert(PAUSED);
        buy(BOB, "home/#", 2, 2_000);
        trap.withdraw(alice);
        vm.prank(BOB);
        trap.endPurchase("home/#", BOB, 2);
        assertTrue(!may(BOB, "home/a", 2), "ended");
    }

    function test_a_buyer_who_ends_his_right_gets_nothing_back() public {
        buy(BOB, "home/#", 2, 2_000);
        vm.prank(BOB);
        trap.endPurchase{value: 5}("home/#", BOB, 2);
        assertEq(trap.creditOf(BOB), 5, "only what he sent by mistake");
        assertTrue(!may(BOB, "home/a", 2), "ended");
    }

    function test_an_owner_who_ends_a_right_pays_the_unused_share() public {
        buy(BOB, "home/#", 3, 3_000);
        vm.warp(START + 25);
        assertEq(trap.unusedOf(ID, BOB, 1), 750, "publish");
        assertEq(trap.unusedOf(ID, BOB, 2), 1_500, "subscribe");
        refuses(IFlyTrap.FlyTrapWrongPayment.selector, abi.encode(2_250, 2_249));
        vm.prank(alice);
        trap.endPurchase{value: 2_249}("home/#", BOB, 3);
        uint256 before = trap.creditOf(alice);
        vm.prank(alice);
        trap.endPurchase{value: 2_300}("home/#", BOB, 3);
        assertEq(trap.creditOf(BOB), 2_250, "refund");
        assertEq(trap.creditOf(alice) - before, 50, "change");
        assertTrue(!may(BOB, "home/a", 1) && !may(BOB, "home/a", 2), "ended");
    }

    function test_a_refund_after_renewal_counts_every_second_left() public {
        buy(BOB, "home/#", 2, 2_000);
        buy(BOB, "home/#", 2, 2_000);
        vm.warp(START + 50);
        assertEq(trap.unusedOf(ID, BOB, 2), 3_000, "150 of 200 seconds");
        vm.warp(START + 200);
        assertEq(trap.unusedOf(ID, BOB, 2), 0, "used up");
        vm.prank(alice);
        trap.endPurchase("home/#", BOB, 2);
    }

    function test_a_right_for_ever_is_refunded_whole() public {
        sell("home/#", 2, 0, 9, 0);
        buy(BOB, "home/#", 2, 9);
        vm.warp(LATER);
        assertEq(trap.unusedOf(ID, BOB, 2), 9, "all of it");
    }

    function test_the_price_of_refunds_is_what_was_paid_not_what_is_asked_now() public {
        buy(BOB, "home/#", 2, 2_000);
        sell("home/#", 2, 0, 1, 1);
        assertEq(trap.unusedOf(ID, BOB, 2), 2_000, "as bought");
    }

    function test_strangers_end_nothing_and_nothing_ends_twice() public {
        buy(BOB, "home/#", 2, 2_000);
        (uint40 id,,,) = trap.purchaseOf(ID, BOB, 2);
        refuses(IFlyTrap.FlyTrapUnauthorizedSender.selector, abi.encode(id, CAROL));
        vm.prank(CAROL);
        trap.endPurchase("home/#", BOB, 2);
        refuses(IFlyTrap.FlyTrapGrantNotRevocable.selector, abi.encode(ID, BOB, 1));
        vm.prank(BOB);
        trap.endPurchase("home/#", BOB, 1);
        refuses(IFlyTrap.FlyTrapGrantNotRevocable.selector, abi.encode(ID, BOB, 2));
        vm.prank(alice);
        trap.revoke("home/#", BOB, 2);
        vm.prank(BOB);
        trap.endPurchase("home/#", BOB, 2);
        refuses(IFlyTrap.FlyTrapGrantNotRevocable.selector, abi.encode(ID, BOB, 2));
        vm.prank(BOB);
        trap.endPurchase("home/#", BOB, 2);
        refuses(IFlyTrap.FlyTrapInvalidRights.selector, abi.encode(0));
        vm.prank(BOB);
        trap.endPurchase("home/#", BOB, 0);
    }

    function test_granted_and_bought_rights_stand_apart() public {
        buy(BOB, "home/#", 2, 2_000);
        grant("home/#", BOB, 2, LATER);
        (, uint40 granted,) = trap.check(BOB, "home/a", 2);
        vm.prank(alice);
        trap.revoke("home/#", BOB, 2);
        (bool allowed, uint40 bought,) = trap.check(BOB, "home/a", 2);
        assertTrue(allowed && bought != 0 && bought != granted, "the bought one still counts");
    }

    function testFuzz_no_refund_exceeds_what_was_paid(uint96 price, uint32 period, uint40 wait) public {
        sell("home/#", 2, 0, price, period);
        vm.deal(BOB, price);
        buy(BOB, "home/#", 2, price);
        vm.warp(START + wait % 2_000_000);
        uint256 unused = trap.unusedOf(ID, BOB, 2);
        assertTrue(unused <= price, "at most the price");
        assertTrue(period == 0 || wait % 2_000_000 < period || unused == 0, "nothing once it ran out");
    }

    function testFuzz_a_payment_is_seller_plus_share_plus_fee(uint96 price, uint16 share, uint96 fee) public {
        fees(share % 1_001, 0, fee);
        sell("home/#", 1, price, 0, 100);
        uint256 payment = uint256(price) + fee;
        vm.deal(BOB, payment);
        buy(BOB, "home/#", 1, payment);
        assertEq(trap.creditOf(alice) + trap.creditOf(broker), payment, "all of it");
        assertTrue(trap.creditOf(alice) >= uint256(price) * 9 / 10, "the broker owner's share is at most a tenth");
    }
}

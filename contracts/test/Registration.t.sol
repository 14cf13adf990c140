// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../IFlyTrap.sol";
import {TopicFilters} from "../TopicFilters.sol";
import {Cast} from "./Cast.sol";
import {Wallet1271} from "./Wallet1271.sol";

/// @notice Vouchers, the registration fee, and what a filter may be.
contract RegistrationTest is Cast {
    bytes32 private constant TYPE = keccak256("Registration(string filter,address owner,uint256 deadline)");

    function voucher(uint256 key, string memory filter, address owner, uint256 deadline) private returns (bytes memory) {
        return signed(key, keccak256(abi.encode(TYPE, keccak256(bytes(filter)), owner, deadline)));
    }

    function test_a_voucher_gives_its_name_to_its_owner_once() public {
        bytes memory signature = voucher(BROKER_KEY, "office", BOB, LATER);
        vm.prank(BOB);
        trap.redeemTopic("office", LATER, signature);
        (address owner,,) = trap.topicOf("office");
        assertTrue(owner == BOB, "owner");
        refuses(IFlyTrap.FlyTrapTopicExists.selector, abi.encode(keccak256("office")));
        vm.prank(BOB);
        trap.redeemTopic("office", LATER, signature);
    }

    function test_a_voucher_serves_nobody_else_and_no_other_name_or_time() public {
        bytes memory signature = voucher(BROKER_KEY, "office", BOB, LATER);
        bytes memory refusal = abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidSignature.selector, broker);
        vm.expectRevert(refusal);
        vm.prank(CAROL);
        trap.redeemTopic("office", LATER, signature);
        vm.expectRevert(refusal);
        vm.prank(BOB);
        trap.redeemTopic("offices", LATER, signature);
        vm.expectRevert(refusal);
        vm.prank(BOB);
        trap.redeemTopic("office", LATER + 1, signature);
    }

    function test_a_voucher_by_another_or_too_late_is_refused() public {
        bytes memory foreign = voucher(ALICE_KEY, "office", BOB, LATER);
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(broker));
        vm.prank(BOB);
        trap.redeemTopic("office", LATER, foreign);
        bytes memory signature = voucher(BROKER_KEY, "office", BOB, LATER);
        vm.warp(uint256(LATER) + 1);
        refuses(IFlyTrap.FlyTrapDeadlinePassed.selector, abi.encode(LATER));
        vm.prank(BOB);
        trap.redeemTopic("office", LATER, signature);
        vm.warp(LATER);
        vm.prank(BOB);
        trap.redeemTopic("office", LATER, signature);
    }

    function test_a_broker_owner_that_is_a_contract_signs_vouchers_by_its_own_rule() public {
        Wallet1271 wallet = new Wallet1271();
        vm.prank(broker);
        trap.transferOwnership(address(wallet));
        vm.prank(address(wallet));
        trap.acceptOwnership();
        wallet.accept(digest(keccak256(abi.encode(TYPE, keccak256("office"), BOB, LATER))));
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(address(wallet)));
        vm.prank(CAROL);
        trap.redeemTopic("office", LATER, "any");
        vm.prank(BOB);
        trap.redeemTopic("office", LATER, "any");
        (address owner,,) = trap.topicOf("office");
        assertTrue(owner == BOB, "owner");
    }

    function test_a_voucher_dies_with_the_ownership_of_its_signer() public {
        bytes memory signature = voucher(BROKER_KEY, "office", BOB, LATER);
        vm.prank(broker);
        trap.transferOwnership(CAROL);
        vm.prank(CAROL);
        trap.acceptOwnership();
        refuses(IFlyTrap.FlyTrapInvalidSignature.selector, abi.encode(CAROL));
        vm.prank(BOB);
        trap.redeemTopic("office", LATER, signature);
    }

    function test_a_voucher_for_a_deeper_name_or_while_paused_is_refused() public {
        bytes memory signature = voucher(BROKER_KEY, "home/bobs", BOB, LATER);
        refuses(IFlyTrap.FlyTrapNotFirstLevel.selector, abi.encode("home/bobs"));
        vm.prank(BOB);
        trap.redeemTopic("home/bobs", LATER, signature);
        bytes memory other = voucher(BROKER_KEY, "office", BOB, LATER);
        vm.prank(broker);
        trap.pause();
        vm.expectRevert(PAUSED);
        vm.prank(BOB);
        trap.redeemTopic("office", LATER, other);
    }

    function test_registering_costs_exactly_the_fee_and_giving_nothing() public {
        fees(0, 7, 0);
        for (uint256 i; i < 2; ++i) {
            uint256 wrong = i == 0 ? 6 : 8;
            refuses(IFlyTrap.FlyTrapWrongPayment.selector, abi.encode(7, wrong));
            vm.prank(alice);
            trap.registerTopic{value: wrong}("home/a");
        }
        vm.prank(alice);
        trap.registerTopic{value: 7}("home/a");
        bytes memory signature = voucher(BROKER_KEY, "office", BOB, LATER);
        refuses(IFlyTrap.FlyTrapWrongPayment.selector, abi.encode(7, 0));
        vm.prank(BOB);
        trap.redeemTopic("office", LATER, signature);
        vm.prank(BOB);
        trap.redeemTopic{value: 7}("office", LATER, signature);
        assertEq(trap.creditOf(broker), 14, "fees");
        vm.prank(broker);
        trap.giveTopic("gift", BOB);
    }

    function test_a_topic_registered_below_inherits_its_parents_number() public {
        (, uint40 before,) = trap.topicOf("home");
        grant("home/#", DEVICE, 1, LATER);
        register("home/flat");
        (, uint40 since,) = trap.topicOf("home/flat");
        assertEq(since, before, "since");
        assertTrue(may(DEVICE, "home/flat/a", 1), "a grant made before still reaches it");
    }

    function test_a_filter_has_at_most_256_bytes_and_16_levels() public {
        bytes memory longest = abi.encodePacked("home/", new bytes(251));
        for (uint256 i = 5; i < 256; ++i) longest[i] = "x";
        register(string(longest));
        refuses(TopicFilters.FlyTrapInvalidFilter.selector, abi.encode(string(bytes.concat(longest, "x"))));
        register(string(bytes.concat(longest, "x")));
        register("home/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16");
        string memory deep = "home/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17";
        refuses(TopicFilters.FlyTrapInvalidFilter.selector, abi.encode(deep));
        register(deep);
    }
}

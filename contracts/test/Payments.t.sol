// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deployed} from "./Deployed.sol";
import {IFlyTrap} from "../IFlyTrap.sol";
import {Cast} from "./Cast.sol";

/// @notice Takes a payment, and tries to take it again while it is being paid.
contract Thief {
    Deployed private immutable TRAP;
    bool public wasRefused;
    bool private useTo;

    constructor(Deployed trap) {
        TRAP = trap;
    }

    function takeTo(address to) external {
        useTo = true;
        TRAP.withdrawTo(to);
    }

    receive() external payable {
        if (useTo) {
            try TRAP.withdrawTo(address(this)) {} catch {
                wasRefused = true;
            }
        } else {
            try TRAP.withdraw(address(this)) {} catch {
                wasRefused = true;
            }
        }
    }
}

/// @notice Owns a topic, and cannot receive.
contract Unpayable {
    function withdrawTo(Deployed trap, address to) external {
        trap.withdrawTo(to);
    }

    function setTerms(Deployed trap, string calldata filter, IFlyTrap.TopicTerms calldata terms) external {
        trap.setTerms(filter, terms);
    }
}

/// @notice Credits and withdrawals.
contract PaymentsTest is Cast {
    function credit(address seller, uint96 amount) private {
        vm.prank(broker);
        trap.giveTopic("shop", seller);
        vm.prank(seller);
        trap.setTerms("shop", terms(2, 0, amount, 100));
        buy(BOB, "shop", 2, amount);
    }

    function test_anyone_may_pay_out_an_account_to_itself() public {
        credit(CAROL, 50);
        uint256 before = CAROL.balance;
        vm.prank(BOB);
        trap.withdraw(CAROL);
        assertEq(CAROL.balance - before, 50, "paid");
        assertEq(trap.creditOf(CAROL), 0, "and gone");
        assertEq(address(trap).balance, 0, "balance");
        refuses(IFlyTrap.FlyTrapNothingToWithdraw.selector, abi.encode(CAROL));
        trap.withdraw(CAROL);
    }

    function test_an_account_names_another_receiver_for_itself_alone() public {
        credit(CAROL, 50);
        uint256 before = DEVICE.balance;
        refuses(IFlyTrap.FlyTrapNothingToWithdraw.selector, abi.encode(BOB));
        vm.prank(BOB);
        trap.withdrawTo(DEVICE);
        refuses(IFlyTrap.FlyTrapInvalidAccount.selector, abi.encode(address(0)));
        vm.prank(CAROL);
        trap.withdrawTo(address(0));
        vm.prank(CAROL);
        trap.withdrawTo(DEVICE);
        assertEq(DEVICE.balance - before, 50, "paid");
    }

    function test_a_receiver_that_calls_back_is_paid_once() public {
        Thief thief = new Thief(trap);
        credit(address(thief), 50);
        credit2(address(thief));
        trap.withdraw(address(thief));
        assertTrue(thief.wasRefused() && address(thief).balance == 50, "once");
    }

    function test_a_receiver_that_calls_back_to_another_is_paid_once() public {
        Thief thief = new Thief(trap);
        credit(address(thief), 50);
        credit2(address(thief));
        thief.takeTo(address(thief));
        assertTrue(thief.wasRefused() && address(thief).balance == 50, "once");
    }

    /// @dev Something else in the contract that a thief could reach for.
    function credit2(address thief) private {
        sell("home", 2, 0, 500, 100);
        buy(CAROL, "home", 2, 500);
        assertTrue(trap.creditOf(alice) == 500 && trap.creditOf(thief) == 50, "two credits");
    }

    function test_a_seller_who_cannot_receive_blocks_nobody_and_loses_nothing() public {
        Unpayable seller = new Unpayable();
        vm.prank(broker);
        trap.giveTopic("shop", address(seller));
        seller.setTerms(trap, "shop", terms(2, 0, 50, 100));
        buy(BOB, "shop", 2, 50);
        refuses(IFlyTrap.FlyTrapWithdrawFailed.selector, abi.encode(address(seller), 50));
        trap.withdraw(address(seller));
        buy(CAROL, "shop", 2, 50);
        uint256 before = DEVICE.balance;
        seller.withdrawTo(trap, DEVICE);
        assertEq(DEVICE.balance - before, 100, "rescued");
    }

    function test_fees_are_set_by_the_broker_owner_within_a_tenth() public {
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", BOB));
        vm.prank(BOB);
        trap.setFees(0, 0, 0);
        refuses(IFlyTrap.FlyTrapShareTooHigh.selector, abi.encode(1_001));
        fees(1_001, 0, 0);
        fees(1_000, 2, 3);
        (uint16 share, uint96 registrationFee, uint96 publishFee) = trap.fees();
        assertTrue(share == 1_000 && registrationFee == 2 && publishFee == 3, "fees");
    }

    function test_nothing_else_takes_ether() public {
        vm.prank(BOB);
        (bool taken,) = address(trap).call{value: 1}("");
        assertTrue(!taken, "no plain transfer");
    }
}

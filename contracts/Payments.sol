// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Administration} from "./Administration.sol";
import {INCOME_CHANGE, INCOME_FEE, INCOME_REFUND, INCOME_SALE, INCOME_SHARE} from "./Enums.sol";
import {IFlyTrap} from "./IFlyTrap.sol";

/// @title Payments: pulled, never pushed
/// @dev Every wei that comes in becomes somebody's credit in the same call, so the balance is never below the sum of the
/// credits: credited = paid, and what was withdrawn left both.
abstract contract Payments is Administration, ReentrancyGuardTransient {
    /// @dev Basis points.
    uint16 private constant MAX_SHARE = 1_000;

    /// @dev The one counter that numbers grants and proposals and dates topics. It shares a slot with the fees, which are
    /// asked for wherever a number is given out.
    uint40 internal _nextId = 1;
    uint96 private _registrationFee;
    uint96 private _publishFee;
    uint16 private _share;
    mapping(address account => uint256 amount) private _credits;

    /// @inheritdoc IFlyTrap
    function setFees(uint16 share, uint96 registrationFee, uint96 publishFee) external onlyOwner {
        if (share > MAX_SHARE) revert FlyTrapShareTooHigh(share);
        (_share, _registrationFee, _publishFee) = (share, registrationFee, publishFee);
        emit FeesSet(share, registrationFee, publishFee);
    }

    /// @inheritdoc IFlyTrap
    function fees() external view returns (uint16 share, uint96 registrationFee, uint96 publishFee) {
        return (_share, _registrationFee, _publishFee);
    }

    /// @inheritdoc IFlyTrap
    function creditOf(address account) external view returns (uint256 amount) {
        return _credits[account];
    }

    /// @inheritdoc IFlyTrap
    function withdraw(address account) external nonReentrant {
        _withdraw(account, account);
    }

    /// @inheritdoc IFlyTrap
    function withdrawTo(address to) external nonReentrant {
        if (to == address(0)) revert FlyTrapInvalidAccount(to);
        _withdraw(msg.sender, to);
    }

    /// @dev Takes the broker owner's fee for one registration, exactly.
    function _takeRegistrationFee(string calldata filter) internal {
        uint256 fee = _registrationFee;
        if (msg.value != fee) revert FlyTrapWrongPayment(fee, msg.value);
        if (fee != 0) _credit(owner(), keccak256(bytes(filter)), INCOME_FEE, fee);
    }

    /// @dev Takes `price` for `seller` and, for a publish right, the broker owner's flat fee on top, exactly. The broker
    /// owner's share comes out of the price: seller's part + share + fee = payment.
    function _takePayment(bytes32 topicId, bool publishes, address seller, uint256 price) internal {
        uint256 fee = publishes ? _publishFee : 0;
        if (msg.value != price + fee) revert FlyTrapWrongPayment(price + fee, msg.value);
        if (msg.value == 0) return;
        uint256 share = price * _share / 10_000;
        _credit(owner(), topicId, INCOME_FEE, fee);
        _credit(owner(), topicId, INCOME_SHARE, share);
        _credit(seller, topicId, INCOME_SALE, price - share);
    }

    /// @dev Credits `due` of the payment to `account`, and what was sent beyond it to the sender: what is due shrinks
    /// with every second, so nobody can send it exactly.
    function _takeRefund(bytes32 topicId, address account, uint256 due) internal {
        if (msg.value < due) revert FlyTrapWrongPayment(due, msg.value);
        _credit(account, topicId, INCOME_REFUND, due);
        _credit(msg.sender, topicId, INCOME_CHANGE, msg.value - due);
    }

    function _credit(address account, bytes32 topicId, uint8 income, uint256 amount) private {
        if (amount == 0) return;
        _credits[account] += amount;
        emit Credited(account, topicId, income, amount);
    }

    function _withdraw(address account, address to) private {
        uint256 amount = _credits[account];
        if (amount == 0) revert FlyTrapNothingToWithdraw(account);
        _credits[account] = 0;
        emit Withdrawn(account, to, amount);
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert FlyTrapWithdrawFailed(to, amount);
    }
}

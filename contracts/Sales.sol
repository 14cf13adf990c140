// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PUBLISH, SUBSCRIBE} from "./Enums.sol";
import {Grants} from "./Grants.sol";
import {IFlyTrap} from "./IFlyTrap.sol";

/// @title Bought rights: kept apart from granted ones, and surviving a topic's transfer
/// @dev A single slot for both would let a cheap purchase turn a long grant, which lapses when the topic changes hands,
/// into a right that does not.
abstract contract Sales is Grants {
    struct Purchase {
        uint40 id;
        uint40 until;
        uint96 price;
        uint32 period;
    }

    uint40 private constant FOREVER = type(uint40).max;

    mapping(bytes32 key => Purchase purchase) private _purchases;

    /// @inheritdoc IFlyTrap
    function purchase(string calldata filter, uint8 rights, uint40 minUntil, bytes32 purpose)
        external
        payable
        whenNotPaused
    {
        _checkRights(rights);
        (bytes32 topicId, Topic storage topic, Topic storage anchor) = _find(filter);
        bool forSale = rights & ~topic.offers == 0 && topic.termsSetAt >= anchor.since;
        if (!forSale) revert FlyTrapNotForSale(topicId, rights);
        if (anchor.proposed) revert FlyTrapProposalStands(anchor.proposal);
        uint256 price;
        for (uint8 right = PUBLISH; right <= SUBSCRIBE; ++right) {
            if (rights & right == 0) continue;
            price += _buy(topicId, topic, anchor.owner, right, minUntil, purpose);
        }
        _takePayment(topicId, rights & PUBLISH != 0, anchor.owner, price);
    }

    /// @inheritdoc IFlyTrap
    function endPurchase(string calldata filter, address account, uint8 rights) external payable {
        _checkRights(rights);
        (bytes32 topicId,, Topic storage anchor) = _find(filter);
        uint256 due;
        for (uint8 right = PUBLISH; right <= SUBSCRIBE; ++right) {
            if (rights & right == 0) continue;
            bytes32 key = _key(topicId, account, right);
            Purchase memory ended = _purchases[key];
            if (ended.id == 0) revert FlyTrapGrantNotRevocable(topicId, account, right);
            bool mayEnd = msg.sender == account || msg.sender == anchor.owner;
            if (!mayEnd) revert FlyTrapUnauthorizedSender(ended.id, msg.sender);
            // Who ends his own right asks for nothing back; the seller cannot take the price and the right.
            if (msg.sender != account) due += _unused(ended);
            delete _purchases[key];
            emit GrantEnded(topicId, account, ended.id, msg.sender, right);
        }
        _takeRefund(topicId, account, due);
    }

    /// @inheritdoc IFlyTrap
    function purchaseOf(bytes32 topicId, address account, uint8 right)
        external
        view
        returns (uint40 grantId, uint40 until, uint96 price, uint32 period)
    {
        Purchase storage held = _purchases[_key(topicId, account, right)];
        return (held.id, held.until, held.price, held.period);
    }

    /// @inheritdoc IFlyTrap
    function unusedOf(bytes32 topicId, address account, uint8 right) external view returns (uint256 amount) {
        return _unused(_purchases[_key(topicId, account, right)]);
    }

    /// @dev The bought right that counts now, or 0. It belongs to the topic, whoever owns that.
    function _activePurchase(bytes32 key) internal view returns (uint40) {
        Purchase storage held = _purchases[key];
        return held.until > block.timestamp ? held.id : 0;
    }

    function _buy(
        bytes32 topicId,
        Topic storage topic,
        address seller,
        uint8 right,
        uint40 minUntil,
        bytes32 purpose
    ) private returns (uint96 price) {
        price = right == PUBLISH ? topic.publishPrice : topic.subscribePrice;
        uint32 period = topic.period;
        bytes32 key = _key(topicId, msg.sender, right);
        Purchase memory held = _purchases[key];
        uint40 from = uint40(block.timestamp);
        if (held.until > from) {
            // At another price the unused share of what was paid could no longer be told.
            if (held.price != price || held.period != period) revert FlyTrapTermsChanged(held.price, held.period);
            from = held.until;
        }
        uint256 end = period == 0 ? FOREVER : uint256(from) + period;
        if (end <= from || end < minUntil || end > FOREVER) revert FlyTrapBelowMinimum(end, minUntil);
        (uint40 id, uint40 until) = (_nextId++, uint40(end));
        _purchases[key] = Purchase(id, until, price, period);
        emit RightBought(topicId, msg.sender, id, seller, right, until, price, period, purpose);
    }

    /// @dev Seconds left x price / period, rounded down; all of it for a right for ever, which never uses up its price.
    function _unused(Purchase memory held) private view returns (uint256) {
        if (held.until <= block.timestamp) return 0;
        if (held.period == 0) return held.price;
        return (held.until - block.timestamp) * held.price / held.period;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../../IFlyTrap.sol";
import {Stage} from "./Stage.sol";

/// @notice Granting, revoking, buying and ending rights.
abstract contract Holders is Stage {
    function grant(uint256 who, uint256 to, uint256 which, uint8 rights, uint40 lasts) external {
        (uint256 topic, address from, address account) = (which % TOPICS, actor(who), actor(to));
        (rights, lasts) = (rights % 4, lasts % 5_000);
        uint40 until = uint40(block.timestamp) + lasts;
        bytes memory data = abi.encodeCall(IFlyTrap.grant, (filterOf(topic), account, rights, until, 1, 0));
        bool ok = act(from, _fee(rights), data);
        assertTrue(ok == (from == ownerOf(topic) && rights != 0 && lasts != 0 && !isPaused), "granted by the owner alone");
        if (!ok) return;
        for (uint8 right = 1; right < 3; ++right) {
            if (rights & right != 0) granted[topic][account][right] = Right(from, nextId++, until, 0, 0);
        }
    }

    /// @dev Whether paused or not.
    function revoke(uint256 who, uint256 whose, uint256 which, uint8 right) external {
        (uint256 topic, address from, address account) = (which % TOPICS, actor(who), actor(whose));
        right = 1 + right % 2;
        Right memory held = granted[topic][account][right];
        bool mayEnd = from == ownerOf(topic) || from == account || from == held.grantor;
        bool ok = act(from, 0, abi.encodeCall(IFlyTrap.revoke, (filterOf(topic), account, right)));
        assertTrue(ok == (held.id != 0 && mayEnd), "revoked by owner, grantor or grantee");
        if (ok) delete granted[topic][account][right];
    }

    function purchase(uint256 who, uint256 which, uint8 right) external {
        (uint256 topic, address from) = (which % TOPICS, actor(who));
        right = 1 + right % 2;
        (bool allowed, Right memory after_) = _sale(topic, from, right);
        uint256 price = right == 1 ? termsOf[topic].set.publishPrice : termsOf[topic].set.subscribePrice;
        address seller = ownerOf(topic);
        uint256[3] memory before = [allCredits(), trap.creditOf(seller), trap.creditOf(broker())];
        bytes memory data = abi.encodeCall(IFlyTrap.purchase, (filterOf(topic), right, after_.until, 0));
        bool ok = act(from, price + _fee(right), data);
        assertTrue(ok == allowed, "what is for sale is sold, and nothing else");
        if (!ok) return;
        uint256 cut = price * share / 10_000;
        assertEq(allCredits() - before[0], price + _fee(right), "seller, share and fee are the payment");
        if (seller != broker()) {
            assertEq(trap.creditOf(seller) - before[1], price - cut, "the seller's part");
            assertEq(trap.creditOf(broker()) - before[2], cut + _fee(right), "share and fee");
        }
        assertTrue(after_.until > bought[topic][from][right].until, "no purchase shortens a right");
        after_.id = nextId++;
        bought[topic][from][right] = after_;
    }

    function endPurchase(uint256 who, uint256 whose, uint256 which, uint8 right) external {
        (uint256 topic, address from, address account) = (which % TOPICS, actor(who), actor(whose));
        right = 1 + right % 2;
        Right memory held = bought[topic][account][right];
        uint256 unused = from == account ? 0 : _unused(held);
        bytes memory data = abi.encodeCall(IFlyTrap.endPurchase, (filterOf(topic), account, right));
        if (unused != 0) assertTrue(!act(from, unused - 1, data), "less than the unused share");
        uint256 before = trap.creditOf(account);
        bool ok = act(from, unused, data);
        assertTrue(ok == (held.id != 0 && (from == account || from == ownerOf(topic))), "ended by owner or buyer");
        if (!ok) return;
        assertEq(trap.creditOf(account) - before, unused, "refund");
        delete bought[topic][account][right];
    }

    /// @dev `name`: 0 `a`, 1 `a/b`, 2 `a/c`, 3 `a/d`, which lies under `a` alone.
    function expects(address account, uint256 name, uint8 right) external view returns (bool) {
        if (suspendedUntil[account] > block.timestamp) return false;
        uint256 nearest = name < 3 && isRegistered(name) ? name : 0;
        if (ownerOf(nearest) == account) return true;
        if (nearest == name && _counts(name, nearest, account, right)) return true;
        return ownerOf(0) == ownerOf(nearest) && _counts(WILDCARD, nearest, account, right);
    }

    function _counts(uint256 topic, uint256 nearest, address account, uint8 right) private view returns (bool) {
        Right memory given = granted[topic][account][right];
        bool isOfThisOwner = given.id >= anchorOf(topic).since && given.id >= anchorOf(nearest).since;
        if (given.until > block.timestamp && isOfThisOwner) return true;
        return bought[topic][account][right].until > block.timestamp;
    }

    /// @dev Whether the right is sold now, and what the buyer then holds.
    function _sale(uint256 topic, address from, uint8 right) private view returns (bool, Right memory after_) {
        (IFlyTrap.TopicTerms memory set, Right memory held) = (termsOf[topic].set, bought[topic][from][right]);
        Literal memory anchor = anchorOf(topic);
        bool isRunning = held.until > block.timestamp;
        uint96 price = right == 1 ? set.publishPrice : set.subscribePrice;
        uint40 start = isRunning ? held.until : uint40(block.timestamp);
        after_ = Right(address(0), 0, set.period == 0 ? FOREVER : start + set.period, price, set.period);
        bool isOffered = set.offers & right != 0 && termsOf[topic].setAt >= anchor.since && anchor.owner != address(0);
        bool isSame = !isRunning || (held.price == price && held.period == set.period);
        bool isOpen = anchor.pendingOwner == address(0) && !isPaused;
        return (isOffered && isSame && isOpen && after_.until > start, after_);
    }

    function _unused(Right memory held) private view returns (uint256) {
        if (held.until <= block.timestamp) return 0;
        return held.period == 0 ? held.price : (held.until - block.timestamp) * held.price / held.period;
    }

    function _fee(uint8 rights) private view returns (uint256) {
        return rights & 1 == 0 ? 0 : publishFee;
    }
}

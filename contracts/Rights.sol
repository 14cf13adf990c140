// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PUBLISH, SUBSCRIBE} from "./Enums.sol";
import {IFlyTrap} from "./IFlyTrap.sol";
import {Sales} from "./Sales.sol";
import {TopicFilters} from "./TopicFilters.sol";

/// @title May this account do this? Ownership, exact topics and `#`
/// @dev A right counts only while its topic and the concrete name's nearest literal topic have the same owner; a granted
/// one only if its id is at least the `since` of both. So a subtree that was handed over is carved out, and no granted
/// right revives when topics change hands.
abstract contract Rights is Sales {
    using TopicFilters for bytes;

    /// @dev A name's levels, from the first down: where each ends, and who owns down there since when.
    struct Levels {
        uint256 count;
        uint256[16] ends;
        address[16] owners;
        uint40[16] since;
        // Index of the nearest registered literal topic; NONE when there is none.
        uint256 nearest;
        // Whether the last level is the whole name: a name may be longer than any filter.
        bool whole;
    }

    uint256 private constant NONE = type(uint256).max;

    /// @inheritdoc IFlyTrap
    function check(address account, string calldata name, uint8 right)
        external
        view
        returns (bool allowed, uint40 grantId, bytes32 via)
    {
        bytes calldata n = bytes(name);
        bool answerable = (right == PUBLISH || right == SUBSCRIBE) && n.isName() && !_isSuspended(account);
        if (!answerable) return (false, 0, 0);
        Levels memory levels = _levelsOf(n);
        if (levels.nearest == NONE) return (false, 0, 0);
        uint256 nearest = levels.nearest;
        via = keccak256(n[:levels.ends[nearest]]);
        if (levels.owners[nearest] == account) return (true, 0, via);
        if (levels.whole && nearest == levels.count - 1) {
            grantId = _active(_key(via, account, right), levels.since[nearest], levels.since[nearest]);
            if (grantId != 0) return (true, grantId, via);
        }
        for (uint256 k = levels.count; k != 0;) {
            --k;
            // Carve-out: a wildcard reaches only what its own owner holds.
            if (levels.owners[k] != levels.owners[nearest]) continue;
            via = keccak256(bytes.concat(n[:levels.ends[k]], "/#"));
            grantId = _active(_key(via, account, right), levels.since[k], levels.since[nearest]);
            if (grantId != 0) return (true, grantId, via);
        }
        return (false, 0, 0);
    }

    function _active(bytes32 key, uint40 sinceTopic, uint40 sinceName) private view returns (uint40 grantId) {
        grantId = _activeGrant(key, sinceTopic, sinceName);
        if (grantId == 0) grantId = _activePurchase(key);
    }

    function _levelsOf(bytes calldata name) private view returns (Levels memory levels) {
        for (uint256 i = 1; i < name.length && i <= TopicFilters.MAX_BYTES && levels.count < 16; ++i) {
            if (name.byteAt(i) == 0x2f) levels.ends[levels.count++] = i;
        }
        levels.whole = levels.count < 16 && name.length <= TopicFilters.MAX_BYTES;
        if (levels.whole) levels.ends[levels.count++] = name.length;
        levels.nearest = NONE;
        for (uint256 k; k < levels.count; ++k) {
            Topic storage topic = _topics[keccak256(name[:levels.ends[k]])];
            if (topic.owner != address(0)) {
                (levels.owners[k], levels.since[k], levels.nearest) = (topic.owner, topic.since, k);
            } else if (k != 0) {
                (levels.owners[k], levels.since[k]) = (levels.owners[k - 1], levels.since[k - 1]);
            }
        }
    }
}

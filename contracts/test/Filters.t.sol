// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../IFlyTrap.sol";
import {TopicFilters} from "../TopicFilters.sol";
import {Cast} from "./Cast.sol";

/// @notice The table of filters that domain/topic-filter.ts is tested with too.
contract FiltersTest is Cast {
    string private constant VECTORS = "test/vectors/topic-filters.json";

    function test_what_may_be_registered_is_refused_to_strangers_alone() public {
        string[] memory filters = vm.parseJsonStringArray(vm.readFile(VECTORS), ".registrable");
        assertTrue(filters.length > 5, "vectors");
        for (uint256 i; i < filters.length; ++i) {
            refuses(IFlyTrap.FlyTrapNotTopicOwner.selector, abi.encode(filters[i], BOB));
            vm.prank(BOB);
            trap.registerTopic(filters[i]);
        }
    }

    function test_what_is_no_filter_is_refused_to_everybody() public {
        string[] memory filters = vm.parseJsonStringArray(vm.readFile(VECTORS), ".refused");
        assertTrue(filters.length > 5, "vectors");
        for (uint256 i; i < filters.length; ++i) refused(filters[i]);
    }

    /// @dev RFC 3629 section 4: overlong forms, surrogates, truncated and lone bytes.
    function test_ill_formed_utf8_is_refused_to_everybody() public {
        string[] memory texts = vm.parseJsonStringArray(vm.readFile(VECTORS), ".refusedBytes");
        assertTrue(texts.length > 5, "vectors");
        for (uint256 i; i < texts.length; ++i) refused(string(vm.parseBytes(string.concat("0x", texts[i]))));
    }

    function refused(string memory filter) private {
        refuses(TopicFilters.FlyTrapInvalidFilter.selector, abi.encode(filter));
        vm.prank(BOB);
        trap.registerTopic(filter);
    }
}

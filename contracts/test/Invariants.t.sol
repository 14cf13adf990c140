// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Check} from "./Check.sol";
import {Holders} from "./invariants/Holders.sol";
import {Keepers} from "./invariants/Keepers.sol";

/// @notice Everyone, doing everything: each deed succeeds exactly when the model says so, or it reverts and fails the test.
contract Players is Holders, Keepers {}

/// @notice What holds after any number of deeds, by anyone, in any order. That each deed succeeds exactly when it may is
/// asserted where it is done, see {Players}.
contract InvariantsTest is Check {
    uint40 private constant START = 1_000_000;

    Players private players;

    function setUp() public {
        vm.warp(START);
        players = new Players();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(players);
    }

    function invariant_the_balance_is_all_credit_and_that_is_paid_minus_withdrawn() public view {
        uint256 owed = players.allCredits();
        assertEq(address(players.trap()).balance, owed, "balance");
        assertEq(owed, players.paid() - players.withdrawn(), "paid minus withdrawn");
    }

    function invariant_every_recorder_stands_where_its_accepted_batches_fold() public view {
        for (uint256 i; i < players.ACTORS(); ++i) {
            Keepers.Fold memory f = players.foldOf(players.actor(i));
            (, uint8 state, uint64 nextSeq, uint40 through, uint40 builtAt, bytes32 head) =
                players.trap().recorders(players.actor(i));
            assertEq(state, f.state, "state");
            assertEq(nextSeq, f.nextSeq, "sequence");
            assertEq(through, f.through, "watermark");
            assertEq(builtAt, f.builtAt, "builtAt");
            assertEq(head, f.head, "head");
        }
    }

    function invariant_topics_change_owners_by_registration_or_acceptance_alone() public view {
        for (uint256 i; i < players.TOPICS(); ++i) {
            (address owner,,) = players.trap().topicOf(players.filterOf(i));
            assertTrue(owner == players.ownerOf(i), players.filterOf(i));
        }
    }

    /// @dev Revoked, expired, from before a change of hands, across owners: all of it is false, and nothing else.
    function invariant_check_is_true_for_the_rights_that_count_and_no_others() public view {
        string[4] memory names = ["a", "a/b", "a/c", "a/d"];
        for (uint256 n; n < 4; ++n) {
            for (uint256 i; i < players.ACTORS(); ++i) {
                for (uint8 right = 1; right < 3; ++right) {
                    (bool allowed,,) = players.trap().check(players.actor(i), names[n], right);
                    assertTrue(allowed == players.expects(players.actor(i), n, right), names[n]);
                }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deployed} from "./Deployed.sol";
import {IFlyTrap} from "../IFlyTrap.sol";
import {Check, Vm} from "./Check.sol";

/// @notice The append-only log: its sequence, watermark and head, whoever sends what.
contract AccessLogTest is Check {
    uint40 private constant START = 1_000_000;
    address private constant RECORDER = address(0xEC0);
    address private constant STRANGER = address(0xBAD);
    Deployed private trap;
    bytes32 private head;

    function setUp() public {
        vm.warp(START);
        trap = deploy(address(this));
        trap.addRecorder(RECORDER);
        head = keccak256(abi.encode(block.chainid, address(trap), RECORDER));
        vm.warp(START + 1_000);
    }

    function records(uint256 count) private pure returns (bytes memory) {
        return new bytes(count * 72);
    }

    function send(uint64 firstSeq, bytes memory batch, uint40 through, uint40 builtAt) private {
        vm.prank(RECORDER);
        trap.recordBatch(firstSeq, batch, keccak256(batch), through, builtAt);
    }

    function fold(uint64 firstSeq, bytes memory batch, uint40 through, uint40 builtAt) private {
        uint32 count = uint32(batch.length / 72);
        head = keccak256(abi.encode(head, firstSeq, count, keccak256(batch), keccak256(batch), through, builtAt));
    }

    function test_a_new_recorder_begins_at_one_with_its_own_head() public view {
        (uint32 id, uint8 state, uint64 nextSeq, uint40 through, uint40 builtAt, bytes32 first) = trap.recorders(RECORDER);
        assertEq(id, 1, "id");
        assertEq(state, 1, "active");
        assertEq(nextSeq, 1, "first sequence");
        assertEq(through, START, "through");
        assertEq(builtAt, START, "builtAt");
        assertEq(first, head, "head");
    }

    function testFuzz_every_accepted_batch_folds_into_the_head(uint8 first, uint8 second, uint16 later, bytes32 noise) public {
        bytes memory one = abi.encodePacked(records(first % 9));
        for (uint256 i; i < one.length; ++i) one[i] = bytes1(uint8(uint256(noise) >> (i % 32 * 8)));
        bytes memory two = records(second % 9);
        uint40 t1 = START + 1 + later % 400;
        uint40 t2 = t1 + 1 + later % 500;
        send(1, one, t1, t1);
        fold(1, one, t1, t1);
        uint64 next = 1 + first % 9;
        send(next, two, t2, t2);
        fold(next, two, t2, t2);
        (,, uint64 nextSeq, uint40 through, uint40 builtAt, bytes32 actual) = trap.recorders(RECORDER);
        assertEq(actual, head, "head");
        assertEq(nextSeq, uint256(next) + second % 9, "sequence");
        assertEq(through, t2, "through");
        assertEq(builtAt, t2, "builtAt");
    }

    function testFuzz_each_record_becomes_one_event_with_its_sequence(uint160 account, bytes32 topicId, uint160 meta) public {
        bytes memory one = abi.encodePacked(account, topicId, meta);
        vm.recordLogs();
        send(1, abi.encodePacked(one, one), START + 5, START + 5);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 3, "two records and their batch");
        for (uint256 i; i < 2; ++i) {
            assertEq(logs[i].topics[0], IFlyTrap.Access.selector, "Access");
            assertEq(logs[i].topics[1], bytes32(uint256(account)), "account");
            assertEq(logs[i].topics[2], topicId, "topicId");
            assertEq(abi.decode(logs[i].data, (uint256)), uint256(meta) << 96 | uint256(1) << 64 | (i + 1), "packed");
        }
    }

    /// @dev The loop goes round once for two records, and once before for an odd one.
    function test_any_number_of_records_is_numbered_without_a_gap() public {
        uint64 next = 1;
        for (uint160 count = 1; count < 8; ++count) {
            bytes memory batch;
            for (uint160 i; i < count; ++i) batch = abi.encodePacked(batch, i + 1, keccak256(abi.encode(i)), 7 * i);
            vm.recordLogs();
            send(next, batch, START, START);
            Vm.Log[] memory logs = vm.getRecordedLogs();
            assertEq(logs.length, count + 1, "records and their batch");
            for (uint256 i; i < count; ++i) {
                assertEq(logs[i].topics[1], bytes32(i + 1), "account");
                assertEq(logs[i].topics[2], keccak256(abi.encode(i)), "topicId");
                assertEq(abi.decode(logs[i].data, (uint256)), (7 * i) << 96 | uint256(1) << 64 | (next + i), "packed");
            }
            next += uint64(count);
        }
    }

    function test_a_gap_and_a_resend_are_refused() public {
        send(1, records(2), START, START + 1);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongSequence.selector, 3, 1));
        send(1, records(2), START, START + 1);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongSequence.selector, 3, 4));
        send(4, records(1), START, START + 1);
    }

    function test_a_heartbeat_must_raise_the_watermark() public {
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongWatermark.selector, START, START));
        send(1, "", START, START + 1);
        send(1, "", START + 1, START + 1);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongWatermark.selector, START + 1, START + 1));
        send(1, "", START + 1, START + 1);
    }

    function test_the_watermark_never_falls_and_never_passes_builtAt() public {
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongWatermark.selector, START, START - 1));
        send(1, records(1), START - 1, START);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongWatermark.selector, START, START + 6));
        send(1, records(1), START + 6, START + 5);
    }

    function test_builtAt_never_falls_and_never_lies_in_the_future() public {
        send(1, records(1), START, START + 5);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongBuiltAt.selector, START + 5, START + 4));
        send(2, records(1), START, START + 4);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongBuiltAt.selector, START + 5, START + 1_001));
        send(2, records(1), START, START + 1_001);
        send(2, records(1), START, START + 1_000);
    }

    function test_only_whole_records_and_at_most_1500() public {
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongLength.selector, 73));
        send(1, new bytes(73), START, START);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapWrongLength.selector, 1_501 * 72));
        send(1, records(1_501), START, START);
        send(1, records(1_500), START, START);
    }

    function test_only_active_or_retired_recorders_record() public {
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRecorderState.selector, STRANGER, 0));
        vm.prank(STRANGER);
        trap.recordBatch(1, "", 0, START + 1, START + 1);
        trap.stopRecorder(RECORDER);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRecorderState.selector, RECORDER, 3));
        send(1, records(1), START, START);
    }

    function test_a_retired_recorder_may_finish_and_no_more() public {
        trap.retireRecorder(RECORDER);
        send(1, records(1), START + 10, START + 10);
        send(2, records(1), START + 1_000, START + 1_000);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRecorderComplete.selector, RECORDER, START + 1_000));
        send(3, records(1), START + 1_000, START + 1_000);
    }

    function test_recorders_are_added_retired_and_stopped_by_the_owner_alone_and_once() public {
        bytes memory notOwner = abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", STRANGER);
        vm.startPrank(STRANGER);
        vm.expectRevert(notOwner);
        trap.addRecorder(STRANGER);
        vm.expectRevert(notOwner);
        trap.retireRecorder(RECORDER);
        vm.expectRevert(notOwner);
        trap.stopRecorder(RECORDER);
        vm.stopPrank();

        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRecorderState.selector, RECORDER, 1));
        trap.addRecorder(RECORDER);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapInvalidAccount.selector, address(0)));
        trap.addRecorder(address(0));
        trap.stopRecorder(RECORDER);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRecorderState.selector, RECORDER, 3));
        trap.retireRecorder(RECORDER);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRecorderState.selector, RECORDER, 3));
        trap.stopRecorder(RECORDER);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRecorderState.selector, RECORDER, 3));
        trap.addRecorder(RECORDER);
    }

    function test_pausing_never_stops_recording() public {
        trap.pause();
        send(1, records(1), START, START);
    }

    function test_reports_are_anchored_by_active_recorders_alone() public {
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRecorderState.selector, STRANGER, 0));
        vm.prank(STRANGER);
        trap.issueReport(bytes32(uint256(1)), 1);
        vm.prank(RECORDER);
        trap.issueReport(bytes32(uint256(1)), 1);
        trap.retireRecorder(RECORDER);
        vm.expectRevert(abi.encodeWithSelector(IFlyTrap.FlyTrapRecorderState.selector, RECORDER, 2));
        vm.prank(RECORDER);
        trap.issueReport(bytes32(uint256(2)), 1);
    }
}

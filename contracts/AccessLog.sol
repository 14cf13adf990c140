// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Administration} from "./Administration.sol";
import {RECORDER_ACTIVE, RECORDER_NONE, RECORDER_RETIRED, RECORDER_STOPPED} from "./Enums.sol";
import {IFlyTrap} from "./IFlyTrap.sol";

/// @title The append-only log: one gap-free sequence for each recorder
abstract contract AccessLog is Administration {
    /// @dev Two slots; their layout is proven from outside by `eth_getProof` (contracts/abi/storage-layout.json).
    struct Recorder {
        uint32 id;
        uint8 state;
        uint64 nextSeq;
        uint40 through;
        uint40 builtAt;
        uint40 retiredAt;
        bytes32 head;
    }

    uint256 private constant RECORD_BYTES = 72;
    uint256 private constant MAX_RECORDS = 1_500;

    mapping(address recorder => Recorder state) private _recorders;
    uint32 private _recorderCount;

    /// @inheritdoc IFlyTrap
    function addRecorder(address recorder) external onlyOwner {
        if (recorder == address(0)) revert FlyTrapInvalidAccount(recorder);
        Recorder storage r = _recorders[recorder];
        if (r.state != RECORDER_NONE) revert FlyTrapRecorderState(recorder, r.state);
        bytes32 head = keccak256(abi.encode(block.chainid, address(this), recorder));
        uint32 id = ++_recorderCount;
        uint40 now_ = uint40(block.timestamp);
        _recorders[recorder] = Recorder(id, RECORDER_ACTIVE, 1, now_, now_, 0, head);
        emit RecorderAdded(recorder, id, head);
    }

    /// @inheritdoc IFlyTrap
    function retireRecorder(address recorder) external onlyOwner {
        Recorder storage r = _recorders[recorder];
        if (r.state != RECORDER_ACTIVE) revert FlyTrapRecorderState(recorder, r.state);
        (r.state, r.retiredAt) = (RECORDER_RETIRED, uint40(block.timestamp));
        emit RecorderRetired(recorder, r.id, uint40(block.timestamp));
    }

    /// @inheritdoc IFlyTrap
    function stopRecorder(address recorder) external onlyOwner {
        Recorder storage r = _recorders[recorder];
        if (r.state != RECORDER_ACTIVE && r.state != RECORDER_RETIRED) revert FlyTrapRecorderState(recorder, r.state);
        r.state = RECORDER_STOPPED;
        emit RecorderStopped(recorder, r.id, r.nextSeq, r.through, r.head);
    }

    /// @inheritdoc IFlyTrap
    function recorders(address recorder)
        external
        view
        returns (uint32 id, uint8 state, uint64 nextSeq, uint40 through, uint40 builtAt, bytes32 head)
    {
        Recorder storage r = _recorders[recorder];
        return (r.id, r.state, r.nextSeq, r.through, r.builtAt, r.head);
    }

    /// @inheritdoc IFlyTrap
    function recordBatch(
        uint64 firstSeq,
        bytes calldata records,
        bytes32 evidenceRoot,
        uint40 through,
        uint40 builtAt
    ) external {
        Recorder storage r = _recorders[msg.sender];
        Recorder memory before = r;
        uint32 count = _checkBatch(before, firstSeq, records.length, through, builtAt);
        bytes32 recordsHash = keccak256(records);
        bytes32 head =
            keccak256(abi.encode(before.head, firstSeq, count, recordsHash, evidenceRoot, through, builtAt));
        (r.nextSeq, r.through, r.builtAt, r.head) = (firstSeq + count, through, builtAt, head);
        _emitRecords(records, uint256(before.id) << 64 | firstSeq);
        emit Batch(msg.sender, firstSeq, count, recordsHash, evidenceRoot, through, builtAt, head);
    }

    /// @inheritdoc IFlyTrap
    function issueReport(bytes32 reportHash, uint8 kind) external {
        uint8 state = _recorders[msg.sender].state;
        if (state != RECORDER_ACTIVE) revert FlyTrapRecorderState(msg.sender, state);
        emit ReportIssued(reportHash, kind, msg.sender);
    }

    function _checkBatch(
        Recorder memory r,
        uint64 firstSeq,
        uint256 length,
        uint40 through,
        uint40 builtAt
    ) private view returns (uint32 count) {
        if (r.state != RECORDER_ACTIVE && r.state != RECORDER_RETIRED) revert FlyTrapRecorderState(msg.sender, r.state);
        if (r.state == RECORDER_RETIRED && r.through >= r.retiredAt) {
            revert FlyTrapRecorderComplete(msg.sender, r.retiredAt);
        }
        if (firstSeq != r.nextSeq) revert FlyTrapWrongSequence(r.nextSeq, firstSeq);
        count = uint32(length / RECORD_BYTES);
        if (length > MAX_RECORDS * RECORD_BYTES || count * RECORD_BYTES != length) revert FlyTrapWrongLength(length);
        if (builtAt < r.builtAt || builtAt > block.timestamp) revert FlyTrapWrongBuiltAt(r.builtAt, builtAt);
        // A heartbeat must raise the watermark: a resent one would otherwise fold into the head twice.
        bool raises = count != 0 || through > r.through;
        if (through < r.through || through > builtAt || !raises) revert FlyTrapWrongWatermark(r.through, through);
    }

    /// @dev One Access event for each 72 bytes. The loop is the price of a record, hence the assembly: it reads calldata
    /// in place, writes only scratch space, and goes round once for two records.
    function _emitRecords(bytes calldata records, uint256 low) private {
        bytes32 selector = Access.selector;
        assembly ("memory-safe") {
            // The low 12 bytes, recorder and sequence, are kept where the 20 of the record leave room: at the top.
            let tail := shl(160, low)
            let p := records.offset
            let end := add(p, records.length)
            if mod(div(records.length, 72), 2) {
                mstore(0, calldataload(add(p, 52)))
                mstore(20, tail)
                log3(0, 32, selector, shr(96, calldataload(p)), calldataload(add(p, 20)))
                tail := add(tail, shl(160, 1))
                p := add(p, 72)
            }
            for {} lt(p, end) { p := add(p, 144) } {
                mstore(0, calldataload(add(p, 52)))
                mstore(20, tail)
                log3(0, 32, selector, shr(96, calldataload(p)), calldataload(add(p, 20)))
                mstore(0, calldataload(add(p, 124)))
                mstore(20, add(tail, shl(160, 1)))
                log3(0, 32, selector, shr(96, calldataload(add(p, 72))), calldataload(add(p, 92)))
                tail := add(tail, shl(161, 1))
            }
        }
    }
}

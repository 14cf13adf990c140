// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../../IFlyTrap.sol";
import {Owners} from "./Owners.sol";

/// @notice What keeps it all going: fees, pause, suspension, withdrawals, device keys, recorders and their batches.
abstract contract Keepers is Owners {
    struct Fold {
        uint8 state;
        uint64 nextSeq;
        uint40 through;
        uint40 builtAt;
        uint40 retiredAt;
        bytes32 head;
    }

    bytes32 private constant DEVICE_TYPE =
        keccak256("DeviceAuthorization(address owner,address device,uint40 until,uint256 nonce,uint256 deadline)");

    mapping(address recorder => Fold) private folds;
    mapping(address account => uint256) private nonces;

    function foldOf(address account) external view returns (Fold memory) {
        return folds[account];
    }

    function administer(uint256 what, uint256 who, uint96 amount) external {
        // Seldom paused, or nothing would ever be granted.
        if (what % 8 == 0) isPaused = act(broker(), 0, abi.encodeCall(IFlyTrap.pause, ())) || isPaused;
        else if (what % 8 < 4) isPaused = !act(broker(), 0, abi.encodeCall(IFlyTrap.unpause, ())) && isPaused;
        else if (what % 8 < 6) _setFees(uint16(amount % 1_002), amount % 2 gwei);
        else _suspend(actor(who), uint40(block.timestamp + amount % 500));
        assertTrue(trap.paused() == isPaused, "paused");
    }

    /// @dev By anyone, to the account itself, whether paused or not.
    function withdraw(uint256 who, uint256 whose) external {
        uint256 amount = trap.creditOf(actor(whose));
        uint256 before = actor(whose).balance;
        bool ok = act(actor(who), 0, abi.encodeCall(IFlyTrap.withdraw, (actor(whose))));
        assertTrue(ok == (amount != 0), "withdrawn");
        assertEq(actor(whose).balance - before, amount, "to the account itself");
        withdrawn += amount;
    }

    function device(uint256 who, uint256 whose, uint40 until, bool isSigned) external {
        address owner = actor(whose);
        bytes32 structHash = keccak256(abi.encode(DEVICE_TYPE, owner, actor(who), until, nonces[owner], block.timestamp));
        bytes memory signature = _signed(whose, structHash);
        bytes memory data =
            abi.encodeCall(IFlyTrap.authorizeDeviceBySig, (owner, actor(who), until, block.timestamp, signature));
        if (isSigned) must(actor(who), 0, data);
        else must(owner, 0, abi.encodeCall(IFlyTrap.authorizeDevice, (actor(who), until)));
        ++nonces[owner];
        // Used up, or overtaken by a transaction.
        assertTrue(!act(actor(who), 0, data), "a signature serves once");
        assertEq(trap.deviceUntil(owner, actor(who)), until, "until");
    }

    function recorder(uint256 what, uint256 who) external {
        address account = actor(who);
        Fold storage f = folds[account];
        uint8 state = f.state;
        if (what % 8 == 7) {
            bool ok = act(broker(), 0, abi.encodeCall(IFlyTrap.stopRecorder, (account)));
            assertTrue(ok == (state == 1 || state == 2), "stopped");
            if (ok) f.state = 3;
        } else if (what % 8 == 6) {
            bool ok = act(broker(), 0, abi.encodeCall(IFlyTrap.retireRecorder, (account)));
            assertTrue(ok == (state == 1), "retired");
            if (ok) (f.state, f.retiredAt) = (2, uint40(block.timestamp));
        } else {
            bool ok = act(broker(), 0, abi.encodeCall(IFlyTrap.addRecorder, (account)));
            assertTrue(ok == (state == 0), "added once");
            bytes32 seed = keccak256(abi.encode(block.chainid, address(trap), account));
            if (ok) folds[account] = Fold(1, 1, uint40(block.timestamp), uint40(block.timestamp), 0, seed);
        }
    }

    /// @dev Whether paused or not; sometimes with a gap, an older watermark, or a time to come.
    function recordBatch(uint256 who, uint8 size, uint16 through, uint16 builtAt, uint8 oddity) external {
        address from = actor(who);
        Fold memory f = folds[from];
        uint32 count = size % 3;
        uint40 built = f.builtAt + builtAt % 200;
        uint40 mark = f.through + through % 200;
        if (oddity % 8 == 0) mark -= uint40(f.through == 0 ? 0 : 1);
        if (oddity % 8 == 1) built = uint40(block.timestamp) + 1;
        uint64 firstSeq = oddity % 8 == 2 ? f.nextSeq + 1 : f.nextSeq;
        bytes memory records = new bytes(count * 72);
        bytes memory data = abi.encodeCall(IFlyTrap.recordBatch, (firstSeq, records, keccak256(records), mark, built));
        bool ok = act(from, 0, data);
        assertTrue(ok == _mayRecord(f, firstSeq, count, mark, built), "recorded");
        if (!ok) return;
        assertTrue(!act(from, 0, data), "no batch is accepted twice");
        bytes32 hash = keccak256(records);
        f.head = keccak256(abi.encode(f.head, firstSeq, count, hash, hash, mark, built));
        (f.nextSeq, f.through, f.builtAt) = (firstSeq + count, mark, built);
        folds[from] = f;
    }

    function pass(uint16 time) external {
        vm.warp(block.timestamp + 1 + time % 1_500);
    }

    function _mayRecord(Fold memory f, uint64 firstSeq, uint32 count, uint40 through, uint40 builtAt)
        private
        view
        returns (bool)
    {
        bool serves = f.state == 1 || (f.state == 2 && f.through < f.retiredAt);
        bool inOrder = firstSeq == f.nextSeq && builtAt >= f.builtAt && builtAt <= block.timestamp;
        bool rises = through > f.through || (through == f.through && count != 0);
        return serves && inOrder && rises && through <= builtAt;
    }

    function _setFees(uint16 wanted, uint96 fee) private {
        bool ok = act(broker(), 0, abi.encodeCall(IFlyTrap.setFees, (wanted, fee / 2, fee)));
        assertTrue(ok == (wanted <= 1_000), "a tenth at most");
        if (ok) (share, registrationFee, publishFee) = (wanted, fee / 2, fee);
    }

    function _suspend(address account, uint40 until) private {
        must(broker(), 0, abi.encodeCall(IFlyTrap.suspend, (account, until)));
        suspendedUntil[account] = until;
    }
}

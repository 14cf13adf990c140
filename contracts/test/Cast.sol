// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deployed} from "./Deployed.sol";
import {IFlyTrap} from "../IFlyTrap.sol";
import {Check} from "./Check.sol";

/// @notice The usual people around one topic: Alice owns `home` and `home/#`, Bob and Carol do not.
abstract contract Cast is Check {
    uint256 internal constant BROKER_KEY = 0xB0;
    uint256 internal constant ALICE_KEY = 0xA1;
    address internal constant BOB = address(0xB0B);
    address internal constant CAROL = address(0xCA401);
    address internal constant DEVICE = address(0xDE);
    uint40 internal constant START = 1_000_000;
    uint40 internal constant LATER = 2_000_000;
    uint40 internal constant FOREVER = type(uint40).max;
    bytes internal constant PAUSED = abi.encodeWithSignature("EnforcedPause()");

    Deployed internal trap;
    address internal broker;
    address internal alice;

    function setUp() public virtual {
        vm.warp(START);
        (broker, alice) = (vm.addr(BROKER_KEY), vm.addr(ALICE_KEY));
        trap = deploy(broker);
        address[4] memory rich = [broker, alice, BOB, CAROL];
        for (uint256 i; i < rich.length; ++i) vm.deal(rich[i], 100 ether);
        vm.prank(broker);
        trap.giveTopic("home", alice);
        register("home/#");
    }

    function may(address account, string memory name, uint8 right) internal view returns (bool allowed) {
        (allowed,,) = trap.check(account, name, right);
    }

    function register(string memory filter) internal {
        vm.prank(alice);
        trap.registerTopic(filter);
    }

    function grant(string memory filter, address account, uint8 rights, uint40 until) internal {
        vm.prank(alice);
        trap.grant(filter, account, rights, until, 2, 0);
    }

    function terms(uint8 offers, uint96 publishPrice, uint96 subscribePrice, uint32 period)
        internal
        pure
        returns (IFlyTrap.TopicTerms memory)
    {
        return IFlyTrap.TopicTerms(offers, publishPrice, subscribePrice, period, 0, 0, false);
    }

    function sell(string memory filter, uint8 offers, uint96 publishPrice, uint96 subscribePrice, uint32 period) internal {
        vm.prank(alice);
        trap.setTerms(filter, terms(offers, publishPrice, subscribePrice, period));
    }

    function buy(address buyer, string memory filter, uint8 rights, uint256 value) internal {
        vm.prank(buyer);
        trap.purchase{value: value}(filter, rights, 0, 0);
    }

    /// @dev Proposes and accepts.
    function handOver(string memory filter, address from, address to) internal {
        bytes32 topicId = keccak256(bytes(filter));
        vm.prank(from);
        uint40 proposal = trap.proposeTransfer(topicId, to);
        vm.prank(to);
        trap.acceptTransfer(topicId, proposal);
    }

    function fees(uint16 share, uint96 registrationFee, uint96 publishFee) internal {
        vm.prank(broker);
        trap.setFees(share, registrationFee, publishFee);
    }

    function refuses(bytes4 selector, bytes memory args) internal {
        vm.expectRevert(bytes.concat(selector, args));
    }

    function digest(bytes32 structHash) internal view returns (bytes32) {
        (, string memory name, string memory version, uint256 chainId, address verifier,,) = trap.eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                verifier
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function signed(uint256 key, bytes32 structHash) internal returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest(structHash));
        return abi.encodePacked(r, s, v);
    }
}

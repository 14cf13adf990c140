// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../../IFlyTrap.sol";
import {Check} from "../Check.sol";
import {Deployed} from "../Deployed.sol";

/// @notice A contract, the accounts that act on it, and what their deeds should have led to: a model that never asks the
/// contract.
abstract contract Stage is Check {
    struct Right {
        address grantor;
        uint40 id;
        uint40 until;
        uint96 price;
        uint32 period;
    }

    struct Terms {
        IFlyTrap.TopicTerms set;
        uint40 setAt;
    }

    struct Literal {
        address owner;
        uint40 since;
        address pendingOwner;
        uint40 proposal;
    }

    uint256 public constant ACTORS = 4;
    /// @dev 0 `a`; 1 `a/b` and 2 `a/c`, subtrees that can be carved out, the second registered on the way; 3 `a/#`.
    uint256 public constant TOPICS = 4;
    uint256 internal constant WILDCARD = 3;
    uint40 internal constant FOREVER = type(uint40).max;

    Deployed public trap;
    uint256 public paid;
    uint256 public withdrawn;
    uint256 internal publishFee;
    uint256 internal registrationFee;
    uint256 internal share;
    bool internal isPaused;
    uint40 internal nextId = 1;
    mapping(address => uint40) internal suspendedUntil;
    mapping(uint256 topic => Literal) internal literals;
    mapping(uint256 topic => Terms) internal termsOf;
    mapping(uint256 topic => mapping(address => mapping(uint8 right => Right))) internal granted;
    mapping(uint256 topic => mapping(address => mapping(uint8 right => Right))) internal bought;
    address[ACTORS] private actors;

    constructor() {
        for (uint256 i; i < ACTORS; ++i) actors[i] = vm.addr(keyOf(i));
        trap = deploy(broker());
        give("a", actors[0]);
        (literals[0].owner, literals[0].since) = (actors[0], 1);
        must(actors[0], 0, abi.encodeCall(IFlyTrap.registerTopic, ("a/b")));
        must(actors[0], 0, abi.encodeCall(IFlyTrap.registerTopic, ("a/#")));
        literals[1] = literals[0];
    }

    function actor(uint256 i) public view returns (address) {
        return actors[i % ACTORS];
    }

    /// @dev One of those who also own, grant and buy, so that its share and fees meet its own sales.
    function broker() internal view returns (address) {
        return actors[3];
    }

    function keyOf(uint256 i) internal pure returns (uint256) {
        return 0x1000 + i % ACTORS;
    }

    function filterOf(uint256 topic) public pure returns (string memory) {
        return ["a", "a/b", "a/c", "a/#"][topic];
    }

    function idOf(uint256 topic) internal pure returns (bytes32) {
        return keccak256(bytes(filterOf(topic)));
    }

    /// @dev Whose owner owns the topic: a wildcard's longest literal prefix, or the topic itself.
    function anchorOf(uint256 topic) internal view returns (Literal storage) {
        return literals[topic == WILDCARD ? 0 : topic];
    }

    function ownerOf(uint256 topic) public view returns (address) {
        return anchorOf(topic).owner;
    }

    function isRegistered(uint256 topic) internal view returns (bool) {
        return ownerOf(topic) != address(0);
    }

    function act(address from, uint256 value, bytes memory data) internal returns (bool ok) {
        vm.deal(from, from.balance + value);
        vm.prank(from);
        (ok,) = address(trap).call{value: value}(data);
        if (ok) paid += value;
    }

    function must(address from, uint256 value, bytes memory data) internal {
        require(act(from, value, data), "what is allowed was refused");
    }

    function allCredits() public view returns (uint256 sum) {
        for (uint256 i; i < ACTORS; ++i) sum += trap.creditOf(actors[i]);
    }

    function give(string memory filter, address owner) private {
        must(broker(), 0, abi.encodeCall(IFlyTrap.giveTopic, (filter, owner)));
    }
}

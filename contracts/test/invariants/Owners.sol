// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "../../IFlyTrap.sol";
import {Stage} from "./Stage.sol";

/// @notice Registering topics, their terms, and their changing hands.
abstract contract Owners is Stage {
    bytes32 private constant VOUCHER = keccak256("Registration(string filter,address owner,uint256 deadline)");

    uint256 private vouchers;

    function registerTopic(uint256 who) external {
        address from = actor(who);
        bool allowed = from == ownerOf(0) && !isRegistered(2) && literals[0].pendingOwner == address(0) && !isPaused;
        bool ok = act(from, registrationFee, abi.encodeCall(IFlyTrap.registerTopic, (filterOf(2))));
        assertTrue(ok == allowed, "registered below one's own topic alone");
        if (ok) (literals[2].owner, literals[2].since) = (from, literals[0].since);
    }

    function redeem(uint256 who, uint256 other) external {
        string memory filter = string.concat("v-", _digits(vouchers++));
        bytes32 structHash = keccak256(abi.encode(VOUCHER, keccak256(bytes(filter)), actor(who), block.timestamp));
        bytes memory signature = _signed(3, structHash);
        bytes memory data = abi.encodeCall(IFlyTrap.redeemTopic, (filter, block.timestamp, signature));
        if (actor(other) != actor(who)) assertTrue(!act(actor(other), registrationFee, data), "another's voucher");
        assertTrue(act(actor(who), registrationFee, data) == !isPaused, "a voucher serves");
        assertTrue(!act(actor(who), registrationFee, data), "a voucher serves once");
    }

    function setTerms(uint256 who, uint256 which, uint8 offers, uint96 price, uint32 period) external {
        uint256 topic = which % TOPICS;
        offers %= 4;
        // Few prices and periods, or no running right would ever be renewed.
        price = price % 3 * 1 ether;
        period = period % 3 * 1_000;
        IFlyTrap.TopicTerms memory set = IFlyTrap.TopicTerms(offers, price, 2 * price, period, 0, 0, false);
        address from = actor(who);
        bool ok = act(from, 0, abi.encodeCall(IFlyTrap.setTerms, (filterOf(topic), set)));
        assertTrue(ok == (from == ownerOf(topic)), "terms are the owner's");
        if (ok) (termsOf[topic].set, termsOf[topic].setAt) = (set, nextId);
    }

    function proposeTransfer(uint256 who, uint256 which, uint256 to) external {
        uint256 topic = which % TOPICS;
        address next = to % 5 == 4 ? address(0) : actor(to % 5);
        address from = actor(who);
        bool ok = act(from, 0, abi.encodeCall(IFlyTrap.proposeTransfer, (idOf(topic), next)));
        assertTrue(ok == (topic != WILDCARD && from == ownerOf(topic)), "proposed by a literal topic's owner alone");
        if (ok) (literals[topic].pendingOwner, literals[topic].proposal) = (next, nextId++);
    }

    function acceptTransfer(uint256 who, uint256 which, bool stale) external {
        uint256 topic = which % 3;
        Literal storage literal = literals[topic];
        address from = stale ? actor(who) : literal.pendingOwner;
        if (from == address(0)) return;
        uint40 number = stale && literal.proposal != 0 ? literal.proposal - 1 : literal.proposal;
        bool ok = act(from, 0, abi.encodeCall(IFlyTrap.acceptTransfer, (idOf(topic), number)));
        assertTrue(ok == !stale, "accepted by the one it was proposed to, naming that proposal");
        if (ok) literals[topic] = Literal(from, ++nextId, address(0), 0);
    }

    function _signed(uint256 who, bytes32 structHash) internal returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("FlyTrap"),
                keccak256("1"),
                block.chainid,
                address(trap)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(who), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    function _digits(uint256 n) private pure returns (string memory text) {
        text = string(abi.encodePacked(bytes1(uint8(0x30 + n % 10))));
        if (n >= 10) text = string.concat(_digits(n / 10), text);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BOTH_RIGHTS, COUNTRIES_ALL_BUT, COUNTRIES_ANYWHERE} from "./Enums.sol";
import {IFlyTrap} from "./IFlyTrap.sol";
import {TopicFilters} from "./TopicFilters.sol";
import {Topics} from "./Topics.sol";

/// @title A topic's terms, and its changing hands
abstract contract Terms is Topics {
    using TopicFilters for bytes;

    /// @inheritdoc IFlyTrap
    function setTerms(string calldata filter, TopicTerms calldata terms) external {
        (bytes32 topicId, Topic storage topic) = _findOwned(filter);
        if (terms.offers > BOTH_RIGHTS) revert FlyTrapInvalidRights(terms.offers);
        if (terms.offers != 0 && !bytes(filter).isSellable()) revert FlyTrapNotSellable(filter);
        bool anywhere = terms.countryRule == COUNTRIES_ANYWHERE;
        if (terms.countryRule > COUNTRIES_ALL_BUT || anywhere != (terms.countries == 0)) {
            revert FlyTrapInvalidCountryRule(terms.countryRule, terms.countries);
        }
        (topic.offers, topic.period) = (terms.offers, terms.period);
        (topic.publishPrice, topic.subscribePrice) = (terms.publishPrice, terms.subscribePrice);
        (topic.termsSetAt, topic.countryRule, topic.isSealed) = (_nextId, terms.countryRule, terms.isSealed);
        if (topic.countries != terms.countries) topic.countries = terms.countries;
        emit TermsSet(
            topicId,
            _nextId,
            terms.offers,
            terms.publishPrice,
            terms.subscribePrice,
            terms.period,
            terms.countryRule,
            terms.countries,
            terms.isSealed
        );
    }

    /// @inheritdoc IFlyTrap
    function termsOf(string calldata filter) external view returns (TopicTerms memory terms) {
        (, Topic storage topic, Topic storage anchor) = _find(filter);
        (terms.countryRule, terms.countries, terms.isSealed) = (topic.countryRule, topic.countries, topic.isSealed);
        if (topic.termsSetAt < anchor.since) return terms;
        (terms.offers, terms.period) = (topic.offers, topic.period);
        (terms.publishPrice, terms.subscribePrice) = (topic.publishPrice, topic.subscribePrice);
    }

    /// @inheritdoc IFlyTrap
    function proposeTransfer(bytes32 topicId, address to) external returns (uint40 proposal) {
        Topic storage topic = _topics[topicId];
        if (topic.owner != msg.sender) revert FlyTrapNotOwnerOf(topicId, msg.sender);
        proposal = _nextId++;
        (topic.pendingOwner, topic.proposal, topic.proposed) = (to, proposal, to != address(0));
        emit TransferProposed(topicId, msg.sender, to, proposal);
    }

    /// @inheritdoc IFlyTrap
    function acceptTransfer(bytes32 topicId, uint40 proposal) external {
        Topic storage topic = _topics[topicId];
        if (topic.pendingOwner != msg.sender || topic.proposal != proposal) {
            revert FlyTrapNotProposed(topicId, msg.sender, proposal);
        }
        address from = topic.owner;
        // One up, so that terms and auditors set since the last number was given out are older too.
        uint40 since = ++_nextId;
        (topic.owner, topic.since, topic.proposed) = (msg.sender, since, false);
        (topic.pendingOwner, topic.proposal) = (address(0), 0);
        emit TopicTransferred(topicId, from, msg.sender, since);
    }

    /// @inheritdoc IFlyTrap
    function proposalOf(bytes32 topicId) external view returns (address to, uint40 proposal) {
        Topic storage topic = _topics[topicId];
        if (topic.proposed) return (topic.pendingOwner, topic.proposal);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title FlyTrap: who may access which MQTT topic, and who did
/// @notice One immutable contract: the source of truth that every proxy authorizes from, and the append-only log that
/// every proxy records in.
/// @dev Nothing written here can be erased. On chain for ever stand wallet addresses, registered filters, times and
/// counts. Wallet addresses are pseudonyms (GDPR Art. 4(5)) and unavoidable; purposes are stored only as salted hashes;
/// IP addresses, client ids, concrete topic names and free text never get here.
interface IFlyTrap {
    /// @notice What a topic asks of those who use it.
    struct TopicTerms {
        // Which rights are for sale: 1 publish, 2 subscribe, 3 both. Literal and `.../#` topics only.
        uint8 offers;
        // Wei for one period; zero is free.
        uint96 publishPrice;
        uint96 subscribePrice;
        // Seconds that a purchase buys; zero buys for ever.
        uint32 period;
        // 0 anywhere, 1 only `countries`, 2 all but `countries` (domain/country.ts numbers the bits).
        uint8 countryRule;
        uint256 countries;
        // Records about a sealed topic say on chain only that they exist.
        bool isSealed;
    }

    // Topics

    /// @notice A topic filter was registered.
    /// @param topicId keccak256 of the filter's bytes.
    /// @param owner The owner of a literal topic; zero for a wildcard, which belongs to the owner of its longest
    /// registered literal prefix.
    /// @param sender The account that registered it.
    /// @param since From the counter that also numbers grants: no right granted under a lower number counts here. Zero
    /// for a wildcard.
    event TopicRegistered(
        bytes32 indexed topicId, address indexed owner, address indexed sender, uint40 since, string filter
    );

    /// @notice A topic's terms were set, see {TopicTerms}.
    /// @param setAt From the counter: offers and prices count only while `setAt` is at least the `since` of the literal
    /// topic that the topic belongs to. Country rule and record mode stay when it changes hands.
    event TermsSet(
        bytes32 indexed topicId,
        uint40 setAt,
        uint8 offers,
        uint96 publishPrice,
        uint96 subscribePrice,
        uint32 period,
        uint8 countryRule,
        uint256 countries,
        bool isSealed
    );

    /// @notice `from` offers a literal topic to `to`; zero withdraws the offer before.
    event TransferProposed(
        bytes32 indexed topicId, address indexed from, address indexed to, uint40 proposal
    );

    /// @notice `to` accepted: rights granted and terms set under a number below `since` no longer count.
    event TopicTransferred(bytes32 indexed topicId, address indexed from, address indexed to, uint40 since);

    // Rights

    /// @notice `grantor` gave `account` one right on a topic. An earlier grant of the same right is replaced.
    /// @param right 1 publish, 2 subscribe.
    /// @param until Unix seconds, exclusive.
    /// @param basis The lawful basis, GDPR Art. 6(1), 1 to 6 in its order.
    /// @param purpose Commitment to the text that says why; zero for none.
    event GrantIssued(
        bytes32 indexed topicId,
        address indexed account,
        uint40 indexed grantId,
        address grantor,
        uint8 right,
        uint40 until,
        uint8 basis,
        bytes32 purpose
    );

    /// @notice `account` bought one right on a topic, or renewed it; its lawful basis is the contract (Art. 6(1)(b)).
    /// @param seller The topic's owner.
    /// @param until Unix seconds, exclusive; 2^40 - 1 for ever.
    /// @param price Wei for one `period`.
    /// @param period Seconds; zero for ever.
    event RightBought(
        bytes32 indexed topicId,
        address indexed account,
        uint40 indexed grantId,
        address seller,
        uint8 right,
        uint40 until,
        uint96 price,
        uint32 period,
        bytes32 purpose
    );

    /// @notice `sender` ended a right, granted or bought: the number says which.
    event GrantEnded(
        bytes32 indexed topicId, address indexed account, uint40 indexed grantId, address sender, uint8 right
    );

    // Payments

    /// @notice The broker owner's share of each price (basis points) and flat fees (wei) changed.
    event FeesSet(uint16 share, uint96 registrationFee, uint96 publishFee);

    /// @notice `account` may withdraw `amount` more.
    /// @param income 1 sale, 2 share, 3 fee, 4 refund, 5 change (domain/enums.ts).
    event Credited(address indexed account, bytes32 indexed topicId, uint8 indexed income, uint256 amount);

    /// @notice All of `account`'s credit was paid out to `to`.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    // Device keys and credentials

    /// @notice `device` signs in for `owner` until `until` (Unix seconds, exclusive; zero: no longer).
    event DeviceAuthorized(address indexed owner, address indexed device, uint40 until);

    /// @notice The credential `id` of `wallet` no longer serves.
    event CredentialRevoked(address indexed wallet, bytes16 indexed id);

    // Administration

    /// @notice `account` may nothing until `until` (Unix seconds, exclusive); a time in the past lifts it.
    event AccountSuspended(address indexed account, uint40 until);

    /// @notice `account` may read evidence about a topic until `until`.
    /// @param topicId Zero for all topics: appointed by the broker owner.
    /// @param appointed From the counter: what a topic's owner appointed lapses when the topic changes hands.
    event AuditorSet(
        address indexed account, bytes32 indexed topicId, address indexed sender, uint40 until, uint40 appointed
    );

    /// @notice The contract to use from now on. This one, and its log, stay as they are.
    event SuccessorAnnounced(address indexed successor);

    // The access log

    /// @notice A recorder joined; its sequence starts at 1 and its head at `head`.
    event RecorderAdded(address indexed recorder, uint32 indexed recorderId, bytes32 head);

    /// @notice A recorder serves nobody from `retiredAt` on, but may record what its journal holds until its watermark
    /// reached `retiredAt`.
    event RecorderRetired(address indexed recorder, uint32 indexed recorderId, uint40 retiredAt);

    /// @notice A recorder's key was lost or stolen. Final: its sequence ends before `nextSeq`.
    event RecorderStopped(
        address indexed recorder, uint32 indexed recorderId, uint64 nextSeq, uint40 through, bytes32 head
    );

    /// @notice One access record.
    /// @param packed High to low: action u8, outcome u8, denialReason u16, firstAt u40, span u24, count u24, grantId u40,
    /// recorderId u32, seq u64 (domain/packed.ts).
    event Access(address indexed account, bytes32 indexed topicId, uint256 packed);

    /// @notice A batch of `count` records from `firstSeq` on; a heartbeat when `count` is zero.
    /// @param recordsHash keccak256 of the record bytes.
    /// @param evidenceRoot RFC 6962 root over the leaves of the records' evidence.
    /// @param through The watermark: every access decided at or before it has a sequence below the batch's end.
    /// @param builtAt No record of the batch was decided after it.
    /// @param head keccak256(abi.encode(head, firstSeq, count, recordsHash, evidenceRoot, through, builtAt)), seeded with
    /// keccak256(abi.encode(chainid, contract, recorder)).
    event Batch(
        address indexed recorder,
        uint64 indexed firstSeq,
        uint32 count,
        bytes32 recordsHash,
        bytes32 evidenceRoot,
        uint40 through,
        uint40 builtAt,
        bytes32 head
    );

    // Reports

    /// @notice The report certificate whose public key has SHA-256 `spkiHash` signs for this contract in [from, until).
    event ReportSignerSet(bytes32 indexed spkiHash, uint40 from, uint40 until);

    /// @notice An active recorder anchored a report.
    event ReportIssued(bytes32 indexed reportHash, uint8 indexed kind, address indexed issuer);

    /// @notice Without an owner nobody could unpause, stop a stolen recorder or give out names.
    error FlyTrapRenounceRefused();
    error FlyTrapInvalidPeriod(uint40 from, uint40 until);
    error FlyTrapInvalidAccount(address account);
    /// @notice The broker owner gives only names without `/` after the first character.
    error FlyTrapNotFirstLevel(string filter);
    error FlyTrapTopicExists(bytes32 topicId);
    error FlyTrapTopicUnregistered(bytes32 topicId);
    /// @notice `sender` does not own the nearest registered literal topic at or above the filter.
    error FlyTrapNotTopicOwner(string filter, address sender);
    /// @notice `sender` does not own the literal topic.
    error FlyTrapNotOwnerOf(bytes32 topicId, address sender);
    /// @notice While a transfer is proposed nothing is sold or registered on the topic.
    error FlyTrapProposalStands(uint40 proposal);
    /// @notice The proposal is not the one that stands, or not made to `sender`.
    error FlyTrapNotProposed(bytes32 topicId, address sender, uint40 proposal);
    /// @notice A rule of an unknown kind, or one that names no country, or names some where all may.
    error FlyTrapInvalidCountryRule(uint8 rule, uint256 countries);
    /// @notice Rights are sold on literal and `.../#` topics only.
    error FlyTrapNotSellable(string filter);
    error FlyTrapNotForSale(bytes32 topicId, uint8 rights);
    /// @notice A running right is renewed at its own price and period only.
    error FlyTrapTermsChanged(uint96 price, uint32 period);
    /// @notice The right would run until `until`: less than the buyer expects, or no longer than it does already.
    error FlyTrapBelowMinimum(uint256 until, uint40 minUntil);
    error FlyTrapShareTooHigh(uint16 share);
    error FlyTrapWrongPayment(uint256 expected, uint256 given);
    error FlyTrapNothingToWithdraw(address account);
    /// @notice The receiver refused the payment; its account can name another with {withdrawTo}.
    error FlyTrapWithdrawFailed(address to, uint256 amount);
    error FlyTrapDeadlinePassed(uint256 deadline);
    error FlyTrapInvalidSignature(address signer);
    error FlyTrapInvalidRights(uint8 rights);
    error FlyTrapInvalidBasis(uint8 basis);
    error FlyTrapInvalidUntil(uint40 until);
    /// @notice The right was never granted, or its grant was ended before.
    error FlyTrapGrantNotRevocable(bytes32 topicId, address account, uint8 right);
    /// @notice Only the topic's owner, the grantor or the grantee may end a granted right; a bought one the topic's owner
    /// or the buyer.
    error FlyTrapUnauthorizedSender(uint40 grantId, address sender);
    error FlyTrapRecorderState(address recorder, uint8 state);
    /// @notice A retired recorder's watermark reached its retirement: nothing is left to record.
    error FlyTrapRecorderComplete(address recorder, uint40 retiredAt);
    error FlyTrapWrongSequence(uint64 expected, uint64 given);
    /// @notice Not whole records of 72 bytes, or more than 1,500.
    error FlyTrapWrongLength(uint256 length);
    /// @notice The watermark goes back, lies after `builtAt`, or does not rise with a heartbeat.
    error FlyTrapWrongWatermark(uint40 previous, uint40 given);
    /// @notice `builtAt` goes back or lies in the future.
    error FlyTrapWrongBuiltAt(uint40 previous, uint40 given);

    // Administration, by the broker owner

    /// @notice Stops registration, grants and sales; never recording, revoking or withdrawing.
    function pause() external;

    /// @notice Ends {pause}.
    function unpause() external;

    /// @notice Takes all rights from `account` until `until`, ownership included; a time in the past lifts it.
    ///
    /// Emits {AccountSuspended}.
    function suspend(address account, uint40 until) external;

    /// @return until Unix seconds, exclusive; zero when never suspended.
    function suspendedUntil(address account) external view returns (uint40 until);

    /// @notice Says which contract follows this one. Nothing moves: the log stays here for ever.
    ///
    /// Emits {SuccessorAnnounced}.
    function announceSuccessor(address successor) external;

    /// @notice Sets the broker owner's share of each price, in basis points (at most 1,000), and the flat fees in wei for
    /// each registration and for each publish right, granted, bought or renewed.
    ///
    /// Emits {FeesSet}.
    function setFees(uint16 share, uint96 registrationFee, uint96 publishFee) external;

    /// @notice See {setFees}.
    function fees() external view returns (uint16 share, uint96 registrationFee, uint96 publishFee);

    // Payments

    /// @notice What `account` may withdraw, in wei.
    function creditOf(address account) external view returns (uint256 amount);

    /// @notice Pays `account`'s whole credit to `account` itself. Anyone may call it, so that a keeper can forward income.
    ///
    /// Emits {Withdrawn}.
    function withdraw(address account) external;

    /// @notice Pays the sender's whole credit to `to`, for an account that cannot receive.
    ///
    /// Emits {Withdrawn}.
    function withdrawTo(address to) external;

    // Topics

    /// @notice Gives a first-level name to `owner`, by the broker owner: owning a name means reading what an existing
    /// broker carries, so it is never first come.
    ///
    /// Emits {TopicRegistered}.
    function giveTopic(string calldata filter, address owner) external;

    /// @notice Registers a first-level name for the sender, by the broker owner's voucher: his EIP-712 signature over
    /// Registration(string filter,address owner,uint256 deadline). The payment is the registration fee. A voucher serves
    /// once, because a topic is never unregistered.
    ///
    /// Emits {TopicRegistered}.
    function redeemTopic(string calldata filter, uint256 deadline, bytes calldata signature) external payable;

    /// @notice Registers a wildcard, or a literal topic for the sender, below a literal topic that the sender owns. The
    /// payment is the registration fee.
    ///
    /// Emits {TopicRegistered}.
    function registerTopic(string calldata filter) external payable;

    /// @notice Sets all terms of a topic, by its owner.
    ///
    /// Emits {TermsSet}.
    function setTerms(string calldata filter, TopicTerms calldata terms) external;

    /// @notice The terms that count now: no offers and prices that an earlier owner set.
    function termsOf(string calldata filter) external view returns (TopicTerms memory terms);

    /// @notice Offers a literal topic to `to`, by its owner; zero withdraws the offer. Subtrees that are literal topics of
    /// their own stay with their owner.
    ///
    /// Emits {TransferProposed}.
    function proposeTransfer(bytes32 topicId, address to) external returns (uint40 proposal);

    /// @notice Takes over a literal topic. It names the proposal that was read, so that the owner cannot withdraw it, sell
    /// and propose again in between.
    ///
    /// Emits {TopicTransferred}.
    function acceptTransfer(bytes32 topicId, uint40 proposal) external;

    /// @notice Who may accept a topic, and under which number; both zero when nobody may.
    function proposalOf(bytes32 topicId) external view returns (address to, uint40 proposal);

    /// @return owner The owner; for a wildcard that of its longest registered literal prefix; zero when unregistered.
    /// @return since See {TopicRegistered}.
    /// @return registered Whether exactly this filter is registered.
    function topicOf(string calldata filter) external view returns (address owner, uint40 since, bool registered);

    // Rights

    /// @notice Gives `account` each right named in `rights` (1 publish, 2 subscribe), by the topic's owner. Each right
    /// gets its own new grantId; a grant of the same right that stood before is replaced. The payment is the publish fee
    /// where a publish right is among them, else nothing.
    ///
    /// Emits {GrantIssued} for each right.
    function grant(
        string calldata filter,
        address account,
        uint8 rights,
        uint40 until,
        uint8 basis,
        bytes32 purpose
    ) external payable;

    /// @notice Ends `account`'s granted `rights`, at once, by the topic's owner, the grantor or the grantee. An expired
    /// grant may be ended too, so that the history shows it; one that was ended before may not.
    ///
    /// Emits {GrantEnded} for each right.
    function revoke(string calldata filter, address account, uint8 rights) external;

    /// @notice Buys each right named in `rights` for the sender, for one period from now or from the end of what it bought
    /// before. The payment is exactly the prices, and the publish fee where a publish right is among them. Bought rights
    /// stand beside granted ones, belong to the topic and survive its transfer.
    ///
    /// Requires that each right then runs at least until `minUntil`, and longer than before; and for a renewal the same
    /// price and period.
    ///
    /// Emits {RightBought} for each right, {Credited} for each part of the payment.
    function purchase(string calldata filter, uint8 rights, uint40 minUntil, bytes32 purpose) external payable;

    /// @notice Ends `account`'s bought `rights`, at once: by the buyer, who gets nothing back, or by the topic's owner, who
    /// pays at least {unusedOf} each of them; what he pays beyond is credited to himself.
    ///
    /// Emits {GrantEnded} for each right, {Credited}.
    function endPurchase(string calldata filter, address account, uint8 rights) external payable;

    /// @notice What the topic's owner owes for ending a bought right now: seconds left x price / period; all of the price
    /// of a right for ever.
    function unusedOf(bytes32 topicId, address account, uint8 right) external view returns (uint256 amount);

    /// @notice May `account` use `right` on the concrete topic `name` now? Decides by ownership, exact topics and `#`;
    /// `+` is matched off chain.
    /// @return allowed Whether it may.
    /// @return grantId The deciding grant, 0 for ownership.
    /// @return via The topic of the deciding grant, or the literal topic that makes the owner owner.
    function check(address account, string calldata name, uint8 right)
        external
        view
        returns (bool allowed, uint40 grantId, bytes32 via);

    /// @return grantor Zero when never granted or ended.
    function grantOf(bytes32 topicId, address account, uint8 right)
        external
        view
        returns (address grantor, uint40 grantId, uint40 until, uint8 basis);

    /// @return grantId Zero when never bought or ended.
    function purchaseOf(bytes32 topicId, address account, uint8 right)
        external
        view
        returns (uint40 grantId, uint40 until, uint96 price, uint32 period);

    // Auditors

    /// @notice Lets `account` read evidence until `until` (zero: no longer): of all topics with an empty filter, by the
    /// broker owner; else of one registered topic, by its owner.
    ///
    /// Emits {AuditorSet}.
    function setAuditor(address account, string calldata filter, uint40 until) external;

    /// @notice May `account` read evidence about exactly this topic (empty: about all)?
    function isAuditor(address account, string calldata filter) external view returns (bool);

    // Device keys and credentials

    /// @notice Lets `device` sign in for the sender until `until`; zero ends it. A device key of a TLS client is the last 20
    /// bytes of keccak256("flytrap-spki" || SubjectPublicKeyInfo).
    ///
    /// Emits {DeviceAuthorized}.
    function authorizeDevice(address device, uint40 until) external;

    /// @notice As {authorizeDevice}, by anyone who has the owner's EIP-712 signature over DeviceAuthorization(address
    /// owner,address device,uint40 until,uint256 nonce,uint256 deadline) with the nonce of {nonces}.
    ///
    /// Emits {DeviceAuthorized}.
    function authorizeDeviceBySig(
        address owner,
        address device,
        uint40 until,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Until when `device` signs in for `owner`: Unix seconds, exclusive; zero for never.
    function deviceUntil(address owner, address device) external view returns (uint40 until);

    /// @notice Ends a credential of the sender before its time.
    ///
    /// Emits {CredentialRevoked}.
    function revokeCredential(bytes16 id) external;

    /// @notice As {revokeCredential}, by anyone who has the wallet's EIP-712 signature over CredentialRevocation(address
    /// wallet,bytes16 id,uint256 nonce,uint256 deadline).
    ///
    /// Emits {CredentialRevoked}.
    function revokeCredentialBySig(address wallet, bytes16 id, uint256 deadline, bytes calldata signature) external;

    // The access log

    /// @notice Lets `recorder` record, by the broker owner. A recorder is never added twice.
    ///
    /// Emits {RecorderAdded}.
    function addRecorder(address recorder) external;

    /// @notice See {RecorderRetired}. By the broker owner.
    function retireRecorder(address recorder) external;

    /// @notice See {RecorderStopped}. By the broker owner.
    function stopRecorder(address recorder) external;

    /// @notice What the log says of a recorder: its number for life, its state (0 none, 1 active, 2 retired, 3 stopped),
    /// its next sequence, its last watermark and builtAt, and its head.
    function recorders(address recorder)
        external
        view
        returns (uint32 id, uint8 state, uint64 nextSeq, uint40 through, uint40 builtAt, bytes32 head);

    /// @notice Records `records` (72 bytes each: account 20, topicId 32, meta 20) as the sequences from `firstSeq` on.
    /// Resending is safe: a batch that was accepted is refused by its sequence, a heartbeat by its watermark.
    ///
    /// Requires firstSeq == nextSeq; previous through <= through <= builtAt <= block.timestamp; previous builtAt <=
    /// builtAt; and that a heartbeat raises through.
    ///
    /// Emits {Access} for each record, then {Batch}.
    function recordBatch(
        uint64 firstSeq,
        bytes calldata records,
        bytes32 evidenceRoot,
        uint40 through,
        uint40 builtAt
    ) external;

    /// @notice Sets the period in which a report certificate signs for this contract, by the broker owner.
    ///
    /// Emits {ReportSignerSet}.
    function setReportSigner(bytes32 spkiHash, uint40 from, uint40 until) external;

    /// @notice The period of a report certificate; both zero when it was never set.
    function reportSigners(bytes32 spkiHash) external view returns (uint40 from, uint40 until);

    /// @notice Anchors a report, by an active recorder (every gateway is one), so that strangers cannot fill the list.
    ///
    /// Emits {ReportIssued}.
    function issueReport(bytes32 reportHash, uint8 kind) external;
}

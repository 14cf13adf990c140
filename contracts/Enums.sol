// SPDX-License-Identifier: Apache-2.0
// Generated from domain/enums.ts by `npm run generate`. Do not edit.
pragma solidity 0.8.37;

uint8 constant PUBLISH = 1;
uint8 constant SUBSCRIBE = 2;
uint8 constant BOTH_RIGHTS = 3;
uint8 constant LEGITIMATE_INTERESTS = 6;
uint8 constant COUNTRIES_ANYWHERE = 0;
uint8 constant COUNTRIES_ONLY = 1;
uint8 constant COUNTRIES_ALL_BUT = 2;
uint8 constant INCOME_SALE = 1;
uint8 constant INCOME_SHARE = 2;
uint8 constant INCOME_FEE = 3;
uint8 constant INCOME_REFUND = 4;
uint8 constant INCOME_CHANGE = 5;
uint8 constant RECORDER_NONE = 0;
uint8 constant RECORDER_ACTIVE = 1;
uint8 constant RECORDER_RETIRED = 2;
uint8 constant RECORDER_STOPPED = 3;

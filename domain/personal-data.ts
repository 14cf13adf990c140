/**
 * @module What in a filter looks as if it told of a person: filters stand on chain for ever, so it is asked about before
 * it is registered. Forms with a standard behind them, their check digits checked where they have some, and the few
 * words that say "a person follows". It errs towards asking; it proves nothing. Pure.
 */

export interface Finding {
  /** The level of the filter. */
  level: string
  /** What it looks like, with its article. */
  looksLike: string
}

/** Returns what looks personal, by level, the first reason of each. */
export function findPersonalData(filter: string): Finding[] {
  const levels = filter.split('/')
  return levels.flatMap((level, i) => {
    if (level === '' || level === '+' || level === '#') return []
    const looksLike = FORMS.find(({ test }) => test(level))?.looksLike ?? afterPersonWord(levels[i - 1] ?? '', level)
    return looksLike === undefined ? [] : [{ level, looksLike }]
  })
}

/** Returns the filter with every finding replaced by a random pseudonym of the same kind of place. */
export function suggestPseudonym(filter: string, findings: readonly Finding[], random: () => string): string {
  const found = new Set(findings.map(({ level }) => level))
  return filter
    .split('/')
    .map((level) => (found.has(level) ? `id-${random()}` : level))
    .join('/')
}

interface Form {
  looksLike: string
  test(level: string): boolean
}

const bare = (level: string): string => level.replaceAll(/[\s.()-]/g, '')
const isNumber = (level: string, min: number, max: number): boolean =>
  /^[\d\s.()-]+$/.test(level) && bare(level).length >= min && bare(level).length <= max

const FORMS: readonly Form[] = [
  { looksLike: 'an e-mail address', test: (level) => /[^\s@]+@[^\s@]+\.[^\s@.]{2,}/.test(level) }, // RFC 5322, roughly
  { looksLike: 'an IP address', test: (level) => /^(\d{1,3}\.){3}\d{1,3}$/.test(level) || isIpv6(level) },
  { looksLike: 'a bank account number (IBAN)', test: (level) => isIban(bare(level).toUpperCase()) },
  { looksLike: 'a card number', test: (level) => isNumber(level, 16, 19) && passesLuhn(bare(level)) }, // ISO/IEC 7812
  { looksLike: 'a phone’s IMEI', test: (level) => isNumber(level, 15, 15) && passesLuhn(bare(level)) },
  { looksLike: 'a device’s hardware address (MAC, EUI)', test: isHardwareAddress },
  { looksLike: 'a vehicle’s number (VIN)', test: (level) => isVin(level) },
  { looksLike: 'a wallet’s address', test: (level) => /^(0x)?[0-9a-f]{40}$/i.test(level) },
  { looksLike: 'a place on the map', test: (level) => /^-?\d{1,2}\.\d{3,}\s*[,;_]\s*-?\d{1,3}\.\d{3,}$/.test(level) },
  { looksLike: 'a phone number', test: (level) => isPhoneNumber(level) },
  { looksLike: 'a person’s name', test: isPersonName },
]

/** ISO 13616: two letters, two check digits, the account; modulo 97 it is 1. */
function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false
  const digits = (text.slice(4) + text.slice(0, 4)).replaceAll(/[A-Z]/g, (c) => String(c.charCodeAt(0) - 55))
  return BigInt(digits) % 97n === 1n
}

/** ISO/IEC 7812: the check digit of cards and of IMEIs. */
function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

/** IEEE 802: 48 or 64 bits in pairs, in fours, or bare with at least one digit and one letter. */
function isHardwareAddress(level: string): boolean {
  if (/^([0-9a-f]{2}[:-]){5}([0-9a-f]{2}|([0-9a-f]{2}[:-]){2}[0-9a-f]{2})$/i.test(level)) return true
  if (/^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/i.test(level)) return true
  const isBare = /^(0x)?([0-9a-f]{12}|[0-9a-f]{16})$/i.test(level)
  return isBare && /\d/.test(level.slice(2)) && (/[a-f]/i.test(level.slice(2)) || level.startsWith('0x'))
}

/** ISO 3779: 17 characters without I, O and Q; the last four are digits. */
const isVin = (level: string): boolean =>
  /^[A-HJ-NPR-Z0-9]{13}\d{4}$/i.test(level) && (level.match(/[a-z]/gi) ?? []).length >= 3

const isIpv6 = (level: string): boolean => /^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){3,7}$/i.test(level) && level.includes('::')

/** E.164: up to 15 digits; a date or a short number is none. */
const isPhoneNumber = (level: string): boolean =>
  isNumber(level, 9, 15) && !/^(19|20)\d\d[-.]?(0[1-9]|1[0-2])[-.]?([0-2]\d|3[01])/.test(level)

const TITLES =
  /^(mr|mrs|miss|mister|dr|prof|herr|frau|monsieur|madame|mme|mlle|señor|señora|signor|signora)[-_. ]+\p{L}{2,}/iu
/** Given names that are hardly anything else, joined with another word. */
const GIVEN_NAMES = new Set(
  `alexander ali andreas andrew anna anne anthony antonio barbara brigitte carlos christian christine christopher
  claudia daniel david elena elisabeth elizabeth emily emma eric fatima francesco frank franziska gabriele george
  giovanni giulia hannah hans heinz helen ibrahim ivan jack jacob james jan jane jean jennifer jessica joan johann
  johannes john jose joseph juan julia jürgen karen karl katharina katherine kevin klaus laura lena linda lisa luca
  luis lukas manfred manuel marco margaret maria marie mario martin mary matthew mehmet michael michel mohamed mohammed
  monika muhammad mustafa natalia nicole olga oliver omar patricia paul pedro peter petra philipp pierre renate richard
  robert sabine sandra sara sarah sebastian sergei simon sophie stefan stephan stephen steven susan susanne sven thomas
  tobias ursula uwe walter werner wolfgang yusuf`.split(/\s+/),
)

function isPersonName(level: string): boolean {
  if (TITLES.test(level)) return true
  const words = level.toLowerCase().split(/[-_. ]+/)
  return (
    words.length >= 2 &&
    words.length <= 4 &&
    words.every((word) => /^\p{L}+$/u.test(word)) &&
    GIVEN_NAMES.has(words[0] ?? '')
  )
}

/** Levels that say: a person follows. */
const PERSON_WORDS =
  /^(patient|resident|employee|person|student|pupil|user|member|customer|guest|owner|driver|child|mitarbeiter|bewohner|kunde|patientin)(s|en|n|innen)?$|^(people|children)$/i
/** What follows them in a filter that tells of no one: an opaque id, or a part of the system. */
const OPAQUE =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|id-[0-9a-f]{4,}|[\w-]*(status|state|count|list|config|commands?|events?|all|new|online))$/i

const afterPersonWord = (before: string, level: string): string | undefined =>
  PERSON_WORDS.test(before) && !OPAQUE.test(level) ? `a person’s own name or number, after "${before}"` : undefined

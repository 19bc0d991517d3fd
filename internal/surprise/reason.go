package surprise

// Reason says why something was refused or not offered. The names are those of the API's enum surprise.v1.Reason
// (a test holds the two together); they are append-only.
type Reason string

// Reasons for which a request is refused as such.
const (
	InvalidRequest   Reason = "INVALID_REQUEST"
	UnknownJourney   Reason = "UNKNOWN_JOURNEY"
	UnknownStage     Reason = "UNKNOWN_STAGE"
	UnknownTemplate  Reason = "UNKNOWN_TEMPLATE"
	UnknownTimeZone  Reason = "UNKNOWN_TIME_ZONE"
	TimeNotAllowed   Reason = "TIME_NOT_ALLOWED"
	CatalogInvalid   Reason = "CATALOG_INVALID"
	Unauthenticated  Reason = "UNAUTHENTICATED"
	PermissionDenied Reason = "PERMISSION_DENIED"
	Overloaded       Reason = "OVERLOADED"
	Internal         Reason = "INTERNAL"
)

// Reasons of offers and claims.
const (
	OfferInvalid        Reason = "OFFER_INVALID"
	OfferExpired        Reason = "OFFER_EXPIRED"
	ClaimNotFound       Reason = "CLAIM_NOT_FOUND"
	ClaimConfirmed      Reason = "CLAIM_CONFIRMED"
	ClaimCancelled      Reason = "CLAIM_CANCELLED"
	ClaimExpired        Reason = "CLAIM_EXPIRED"
	ClaimDenied         Reason = "CLAIM_DENIED"
	IdempotencyMismatch Reason = "IDEMPOTENCY_MISMATCH"
	OverLimit           Reason = "OVER_LIMIT"
	OrderMismatch       Reason = "ORDER_MISMATCH"
	SlotNotFound        Reason = "SLOT_NOT_FOUND"
	SlotTaken           Reason = "SLOT_TAKEN"
	TrialUsed           Reason = "TRIAL_USED"
	WalletExhausted     Reason = "WALLET_EXHAUSTED"
	CardLeased          Reason = "CARD_LEASED"
	WishNotFound        Reason = "WISH_NOT_FOUND"
	WishClosed          Reason = "WISH_CLOSED"
	WishTooYoung        Reason = "WISH_TOO_YOUNG"
	TicketNotFound      Reason = "TICKET_NOT_FOUND"
	NotYourTurn         Reason = "NOT_YOUR_TURN"
	StoreUnavailable    Reason = "STORE_UNAVAILABLE"
	StoreConflict       Reason = "STORE_CONFLICT"
)

// Reasons of the gates between a template and a customer.
const (
	ConsentWithheld  Reason = "CONSENT_WITHHELD"
	NotValidNow      Reason = "NOT_VALID_NOW"
	WrongStage       Reason = "WRONG_STAGE"
	WrongChannel     Reason = "WRONG_CHANNEL"
	NotSatisfied     Reason = "NOT_SATISFIED"
	NoOccasion       Reason = "NO_OCCASION"
	OccasionUsed     Reason = "OCCASION_USED"
	Cooldown         Reason = "COOLDOWN"
	RefusalCooldown  Reason = "REFUSAL_COOLDOWN"
	CapReached       Reason = "CAP_REACHED"
	LimitExhausted   Reason = "LIMIT_EXHAUSTED"
	AudienceMismatch Reason = "AUDIENCE_MISMATCH"
	NoLevel          Reason = "NO_LEVEL"
	Allergy          Reason = "ALLERGY"
	Disliked         Reason = "DISLIKED"
	Expected         Reason = "EXPECTED"
	NotWorthCost     Reason = "NOT_WORTH_COST"
	RuleError        Reason = "RULE_ERROR"
	NothingToRecover Reason = "NOTHING_TO_RECOVER"
	QuietTime        Reason = "QUIET_TIME"
	LeadTime         Reason = "LEAD_TIME"
	UnearnedPublic   Reason = "UNEARNED_PUBLIC"
	ControlGroup     Reason = "CONTROL_GROUP"
	WithheldAtRandom Reason = "WITHHELD_AT_RANDOM"
	BetterMoment     Reason = "BETTER_MOMENT"
	CoolOff          Reason = "COOL_OFF"
	NotChosen        Reason = "NOT_CHOSEN"
	Closed           Reason = "CLOSED"
	NoCorner         Reason = "NO_CORNER"
	TooMany          Reason = "TOO_MANY"
	Erased           Reason = "ERASED"
)

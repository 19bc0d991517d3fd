package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/surprise-service/surprised/internal/surprise"
)

// TestCodesOfReasons holds the table of docs/api.md.
func TestCodesOfReasons(t *testing.T) {
	for _, tc := range []struct {
		reasons string
		code    codes.Code
		http    int
	}{
		{"INVALID_REQUEST UNKNOWN_STAGE UNKNOWN_JOURNEY UNKNOWN_TEMPLATE UNKNOWN_TIME_ZONE OFFER_INVALID", codes.InvalidArgument, http.StatusBadRequest},
		{"CLAIM_NOT_FOUND WISH_NOT_FOUND TICKET_NOT_FOUND SLOT_NOT_FOUND NO_CORNER", codes.NotFound, http.StatusNotFound},
		{"OFFER_EXPIRED COOLDOWN REFUSAL_COOLDOWN OCCASION_USED TRIAL_USED CLOSED ERASED", codes.FailedPrecondition, http.StatusConflict},
		{"CLAIM_CONFIRMED CLAIM_CANCELLED CLAIM_EXPIRED CLAIM_DENIED ORDER_MISMATCH", codes.FailedPrecondition, http.StatusConflict},
		{"SLOT_TAKEN CARD_LEASED WISH_CLOSED WISH_TOO_YOUNG NOT_YOUR_TURN", codes.FailedPrecondition, http.StatusConflict},
		{"LIMIT_EXHAUSTED CAP_REACHED WALLET_EXHAUSTED TOO_MANY", codes.ResourceExhausted, http.StatusTooManyRequests},
		{"IDEMPOTENCY_MISMATCH", codes.AlreadyExists, http.StatusConflict},
		{"STORE_UNAVAILABLE", codes.Unavailable, http.StatusServiceUnavailable},
		{"STORE_CONFLICT", codes.Aborted, http.StatusConflict},
		{"UNAUTHENTICATED", codes.Unauthenticated, http.StatusUnauthorized},
		{"PERMISSION_DENIED TIME_NOT_ALLOWED", codes.PermissionDenied, http.StatusForbidden},
		{"INTERNAL", codes.Internal, http.StatusInternalServerError},
	} {
		for _, name := range strings.Fields(tc.reasons) {
			st := toStatus(surprise.Errorf(surprise.Reason(name), "x"), time.Time{})
			if st.Code() != tc.code || httpStatus(st.Code()) != tc.http || reasonOf(st) != name {
				t.Errorf("%s: got %v, %d, want %v, %d", name, st.Code(), httpStatus(st.Code()), tc.code, tc.http)
			}
		}
	}
}

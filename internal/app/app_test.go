package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/config"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
)

// service is a running service with clients of both transports.
type service struct {
	t       *testing.T
	app     *app.App
	conn    *grpc.ClientConn
	advise  surprisev1.RecommendationServiceClient
	claims  surprisev1.ClaimServiceClient
	catalog surprisev1.CatalogServiceClient
	web     string
}

func testConfig(store string) config.Config {
	cfg := config.Default()
	cfg.CatalogDir = "../../examples/catalog"
	cfg.Store = store
	cfg.GRPCAddr, cfg.HTTPAddr, cfg.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	return cfg
}

func start(t *testing.T, cfg config.Config) *service {
	t.Helper()
	a, err := app.Start(t.Context(), cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(a.Addrs().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, app: a, conn: conn, web: "http://" + a.Addrs().HTTP, advise: surprisev1.NewRecommendationServiceClient(conn),
		claims: surprisev1.NewClaimServiceClient(conn), catalog: surprisev1.NewCatalogServiceClient(conn)}
	t.Cleanup(s.stop)
	return s
}

func (s *service) stop() {
	if s.app == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := errors.Join(s.conn.Close(), s.app.Stop(ctx)); err != nil {
		s.t.Error(err)
	}
	s.app = nil
}

// stores are those that are there without any set-up, and Redis.
func stores(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"mem":   "mem:",
		"bolt":  "bolt:" + filepath.Join(t.TempDir(), "surprised.db"),
		"redis": ledgertest.Redis(t),
	}
}

// birthdayRequest is a customer whose birthday is today, at the checkout.
func birthdayRequest(id string) *surprisev1.RecommendRequest {
	taipei, err := time.LoadLocation("Asia/Taipei")
	if err != nil {
		panic(err)
	}
	today := time.Now().In(taipei)
	return &surprisev1.RecommendRequest{
		RequestId: "r-" + id,
		Customer:  &surprisev1.CustomerProfile{Id: id, DisplayName: "Mei", Birthday: &surprisev1.Birthday{Month: int32(today.Month()), Day: int32(today.Day())}}, //nolint:gosec // a date
		Moment:    &surprisev1.Moment{Stage: "checkout", Channel: surprisev1.Channel_POS, Store: "taipei-1"},
	}
}

func (s *service) offer(id string) *surprisev1.Offer {
	s.t.Helper()
	res, err := s.advise.Recommend(s.t.Context(), birthdayRequest(id))
	if err != nil {
		s.t.Fatal(err)
	}
	if res.GetOutcome() != surprisev1.Outcome_OFFER || res.GetOffers()[0].GetTemplate() != "birthday_cake" {
		s.t.Fatalf("got %v, want the birthday cake", res)
	}
	return res.GetOffers()[0]
}

func reason(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == "surprise.v1" {
			return info.GetReason()
		}
	}
	return ""
}

// TestWholePath takes a birthday from the profile to the delivered cake, on every store, and sees the second attempt refused.
func TestWholePath(t *testing.T) {
	for name, store := range stores(t) {
		t.Run(name, func(t *testing.T) {
			s := start(t, testConfig(store))
			first, second := s.offer("mei"), s.offer("mei")
			held, err := s.claims.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: first.GetToken(), CustomerId: "mei", StaffId: "ann"})
			if err != nil || held.GetClaim().GetState() != surprisev1.ClaimState_HELD || held.GetClaim().GetClaimId() != first.GetClaimId() {
				t.Fatalf("claim: got %v, %v", held, err)
			}
			_, err = s.claims.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: second.GetToken(), CustomerId: "mei"})
			if reason(err) != "OCCASION_USED" {
				t.Errorf("a second offer while the first is held: got %v", err)
			}
			done, err := s.claims.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: first.GetClaimId(), MemoryTag: "lemon cake"})
			if err != nil || done.GetClaim().GetState() != surprisev1.ClaimState_CONFIRMED {
				t.Fatalf("confirm: got %v, %v", done, err)
			}
			again, err := s.advise.Recommend(t.Context(), birthdayRequest("mei"))
			if err != nil || again.GetOutcome() != surprisev1.Outcome_NONE {
				t.Errorf("after the delivery: got %v, %v; want nothing more", again, err)
			}
			list, err := s.claims.ListClaims(t.Context(), &surprisev1.ListClaimsRequest{CustomerId: "mei"})
			if err != nil || len(list.GetClaims()) != 1 || list.GetClaims()[0].GetMemoryTag() != "lemon cake" {
				t.Errorf("list: got %v, %v", list, err)
			}
		})
	}
}

// TestFiftyAtOnce lets 50 callers claim at the same moment: the same offer, and different offers of the same cake. One wins.
func TestFiftyAtOnce(t *testing.T) {
	for name, store := range stores(t) {
		s := start(t, testConfig(store))
		for _, distinct := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, distinct %v", name, distinct), func(t *testing.T) {
				who := fmt.Sprintf("%s-%v", name, distinct)
				offers := make([]*surprisev1.Offer, 50)
				for i := range offers {
					if offers[i] = offers[0]; i == 0 || distinct {
						offers[i] = s.offer(who)
					}
				}
				var won, others atomic.Int32
				var wg sync.WaitGroup
				for _, o := range offers {
					wg.Go(func() {
						res, err := s.claims.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: o.GetToken(), CustomerId: who})
						switch {
						case err == nil && !res.GetReplayed():
							won.Add(1)
						case err == nil && !distinct, reason(err) == "OCCASION_USED" && distinct:
							others.Add(1)
						default:
							t.Error(res, err)
						}
					})
				}
				wg.Wait()
				if won.Load() != 1 || others.Load() != 49 {
					t.Errorf("%d won, %d others", won.Load(), others.Load())
				}
			})
		}
		s.stop()
	}
}

// TestRestart finds everything again after a stop: the claim, and the keys that signed the offer.
func TestRestart(t *testing.T) {
	for _, name := range []string{"bolt", "redis"} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(stores(t)[name])
			s := start(t, cfg)
			o, unclaimed := s.offer("mei"), s.offer("an")
			if _, err := s.claims.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: o.GetToken(), CustomerId: "mei"}); err != nil {
				t.Fatal(err)
			}
			s.stop()
			s = start(t, cfg)
			got, err := s.claims.GetClaim(t.Context(), &surprisev1.GetClaimRequest{ClaimId: o.GetClaimId(), CustomerId: "mei"})
			if err != nil || got.GetClaim().GetState() != surprisev1.ClaimState_HELD {
				t.Errorf("the claim: got %v, %v", got, err)
			}
			if _, err := s.claims.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: unclaimed.GetToken(), CustomerId: "an"}); err != nil {
				t.Errorf("an offer of before: %v", err)
			}
		})
	}
}

// TestRecommendStream keeps the order, and an element that fails does not end the stream.
func TestRecommendStream(t *testing.T) {
	s := start(t, testConfig("mem:"))
	stream, err := s.advise.RecommendStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const n = 500
	go func() {
		for i := range n {
			req := birthdayRequest(fmt.Sprint(i))
			switch i % 10 {
			case 3:
				req.Moment.Stage = "nowhere"
			case 7:
				req.Customer.Id = ""
			}
			if err := stream.Send(&surprisev1.RecommendStreamRequest{Request: req}); err != nil {
				t.Error(err)
			}
		}
		if err := stream.CloseSend(); err != nil {
			t.Error(err)
		}
	}()
	for i := range n {
		res, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		want := map[int]surprisev1.Reason{3: surprisev1.Reason_UNKNOWN_STAGE, 7: surprisev1.Reason_INVALID_REQUEST}[i%10]
		if res.GetRequestId() != fmt.Sprintf("r-%d", i) || res.GetError().GetReason() != want {
			t.Fatalf("element %d: got %s, %v; want reason %v", i, res.GetRequestId(), res.GetError(), want)
		}
		if want != 0 && len(res.GetError().GetViolations()) == 0 {
			t.Errorf("element %d: no field in %v", i, res.GetError())
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: got %v", err)
	}
}

// post sends JSON and returns the status and the decoded answer.
func (s *service) post(path string, body []byte) (int, map[string]any) {
	s.t.Helper()
	res, err := http.Post(s.web+path, "application/json", bytes.NewReader(body)) //nolint:noctx // a test
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode, decode(s.t, res.Body)
}

func decode(t *testing.T, r io.Reader) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.NewDecoder(r).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

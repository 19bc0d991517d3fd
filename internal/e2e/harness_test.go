package e2e

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
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

// service is a running program with all its clients.
type service struct {
	*testing.T
	advise    surprisev1.RecommendationServiceClient
	claims    surprisev1.ClaimServiceClient
	cards     surprisev1.CardServiceClient
	wishes    surprisev1.WishServiceClient
	stock     surprisev1.InventoryServiceClient
	customers surprisev1.CustomerServiceClient
	outcomes  surprisev1.OutcomeServiceClient
	reports   surprisev1.ReportServiceClient
	events    surprisev1.EventServiceClient
	// owners are the customers of offers.
	owners *sync.Map
}

// onStores runs a test against the program on each kind of store that keeps its data.
func onStores(t *testing.T, test func(s *service)) {
	t.Helper()
	onCatalog(t, "../../examples/services", test)
}

func onCatalog(t *testing.T, catalog string, test func(s *service)) {
	t.Helper()
	stores := map[string]func(t *testing.T) string{
		"bolt":  func(t *testing.T) string { return "bolt:" + filepath.Join(t.TempDir(), "e2e.db") },
		"redis": func(t *testing.T) string { return ledgertest.Redis(t) + "/0" },
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) { test(start(t, store(t), catalog)) })
	}
}

func start(t *testing.T, store, catalog string) *service {
	t.Helper()
	cfg := config.Default()
	cfg.CatalogDir, cfg.Store = catalog, store
	cfg.GRPCAddr, cfg.HTTPAddr, cfg.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	a, err := app.Start(t.Context(), cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(a.Addrs().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := errors.Join(conn.Close(), a.Stop(ctx)); err != nil {
			t.Error(err)
		}
	})
	return &service{
		T: t, owners: &sync.Map{}, advise: surprisev1.NewRecommendationServiceClient(conn), claims: surprisev1.NewClaimServiceClient(conn),
		cards: surprisev1.NewCardServiceClient(conn), wishes: surprisev1.NewWishServiceClient(conn), stock: surprisev1.NewInventoryServiceClient(conn),
		customers: surprisev1.NewCustomerServiceClient(conn), outcomes: surprisev1.NewOutcomeServiceClient(conn),
		reports: surprisev1.NewReportServiceClient(conn), events: surprisev1.NewEventServiceClient(conn),
	}
}

// request is a customer at a stage of the tour.
func request(id, stage string, channel surprisev1.Channel) *surprisev1.RecommendRequest {
	return &surprisev1.RecommendRequest{
		Customer: &surprisev1.CustomerProfile{Id: id},
		Moment:   &surprisev1.Moment{Stage: stage, Channel: channel, Store: "taipei-1"},
	}
}

func (s *service) recommend(req *surprisev1.RecommendRequest) *surprisev1.RecommendResponse {
	s.Helper()
	res, err := s.advise.Recommend(s.Context(), req)
	if err != nil {
		s.Fatal(err)
	}
	s.own(req.GetCustomer().GetId(), res.GetOffers()...)
	return res
}

// own remembers whose offers these are.
func (s *service) own(customer string, offers ...*surprisev1.Offer) {
	for _, o := range offers {
		s.owners.Store(o.GetToken(), customer)
	}
}

// offer is the first one, which must be of this template.
func (s *service) offer(req *surprisev1.RecommendRequest, template string) *surprisev1.Offer {
	s.Helper()
	res := s.recommend(req)
	if len(res.GetOffers()) == 0 || res.GetOffers()[0].GetTemplate() != template {
		s.Fatalf("want %s, got %v", template, res)
	}
	return res.GetOffers()[0]
}

// refused is the first reason of a recommendation that offers nothing.
func (s *service) refused(req *surprisev1.RecommendRequest, want surprisev1.Reason) {
	s.Helper()
	res := s.recommend(req)
	for _, r := range res.GetReasons() {
		if r.GetReason() == want && len(res.GetOffers()) == 0 {
			return
		}
	}
	s.Errorf("want no offer and the reason %s, got %v", want, res)
}

func (s *service) claim(o *surprisev1.Offer, more ...func(*surprisev1.ClaimRequest)) *surprisev1.Claim {
	s.Helper()
	c, err := s.tryClaim(o, more...)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

func (s *service) tryClaim(o *surprisev1.Offer, more ...func(*surprisev1.ClaimRequest)) (*surprisev1.Claim, error) {
	owner, _ := s.owners.Load(o.GetToken())
	id, _ := owner.(string)
	req := &surprisev1.ClaimRequest{OfferToken: o.GetToken(), CustomerId: id}
	for _, set := range more {
		set(req)
	}
	res, err := s.claims.Claim(s.Context(), req)
	return res.GetClaim(), err
}

func (s *service) confirm(c *surprisev1.Claim) *surprisev1.Claim {
	s.Helper()
	res, err := s.claims.Confirm(s.Context(), &surprisev1.ConfirmRequest{ClaimId: c.GetClaimId()})
	if err != nil {
		s.Fatal(err)
	}
	return res.GetClaim()
}

func (s *service) cancel(c *surprisev1.Claim, why surprisev1.CancelReason) *surprisev1.Claim {
	s.Helper()
	res, err := s.claims.Cancel(s.Context(), &surprisev1.CancelRequest{ClaimId: c.GetClaimId(), Reason: why})
	if err != nil {
		s.Fatal(err)
	}
	return res.GetClaim()
}

// wantReason checks why a call was refused.
func (s *service) wantReason(err error, want surprisev1.Reason) {
	s.Helper()
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetReason() == want.String() {
			return
		}
	}
	s.Errorf("want %s, got %v", want, err)
}

// eventually waits for what happens in the background.
func (s *service) eventually(what string, ok func() bool) {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	s.Fatalf("not within 20 s: %s", what)
}

// types are those of all events so far.
func (s *service) types() map[string]int {
	s.Helper()
	stream, err := s.events.Watch(s.Context(), &surprisev1.WatchRequest{UntilEnd: true})
	if err != nil {
		s.Fatal(err)
	}
	out := map[string]int{}
	for {
		res, err := stream.Recv()
		if err != nil {
			return out
		}
		out[res.GetEvent().GetType()]++
	}
}

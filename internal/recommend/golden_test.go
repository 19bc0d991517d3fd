package recommend_test

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"buf.build/go/protoyaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/surprise"
	"github.com/surprise-service/surprised/internal/wish"
)

var update = flag.Bool("update", false, "write what is got as what is wanted")

// TestGolden decides each case of testdata/cases and compares the answer with its want.yaml.
func TestGolden(t *testing.T) {
	dirs, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(dirs) < 50 {
		t.Fatalf("%d golden cases, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var c testv1.DecisionCase
			readYAML(t, filepath.Join(dir, "case.yaml"), &c)
			got := answer(t, &c, recordOf(t, dir, &c))
			file := filepath.Join(dir, "want.yaml")
			if *update {
				writeYAML(t, file, got)
			}
			var want testv1.DecisionAnswer
			readYAML(t, file, &want)
			if d := cmp.Diff(&want, got, protocmp.Transform(), cmpopts.EquateApprox(0, 1e-9)); d != "" {
				t.Errorf("%s (-want +got):\n%s", c.GetAbout(), d)
			}
		})
	}
}

func readYAML(t *testing.T, file string, into proto.Message) {
	t.Helper()
	data, err := os.ReadFile(file) //nolint:gosec // our own test data
	if err == nil {
		err = protoyaml.UnmarshalOptions{Path: file}.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func writeYAML(t *testing.T, file string, m proto.Message) {
	t.Helper()
	data, err := protoyaml.MarshalOptions{Indent: 2, UseProtoNames: true}.Marshal(m)
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// recordOf is what the ledger knows of the customer of a case: its history, and what is in record.yaml beside it.
func recordOf(t *testing.T, dir string, c *testv1.DecisionCase) *storev1.Record {
	t.Helper()
	rec := &storev1.Record{}
	if file := filepath.Join(dir, "record.yaml"); exists(file) {
		readYAML(t, file, rec)
	}
	rec.Entries = append(rec.Entries, c.GetHistory()...)
	return rec
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// answer decides a case, and drops what differs from run to run.
func answer(t *testing.T, c *testv1.DecisionCase, rec *storev1.Record) *testv1.DecisionAnswer {
	t.Helper()
	response, err := recommend.New(optionsFor(t, c, rec, endless{})).Recommend(t.Context(), c.GetRequest())
	var known *surprise.Error
	if errors.As(err, &known) {
		return &testv1.DecisionAnswer{Error: known.Error(), Field: known.Field}
	}
	if err != nil {
		t.Fatal(err)
	}
	response.DecisionId, response.CatalogRevision = "", ""
	for _, o := range response.GetOffers() {
		checkSum(t, o)
		o.Token, o.ClaimId, o.Expires = "", "", nil
	}
	return &testv1.DecisionAnswer{Response: response}
}

// checkSum redoes the score from the factors of the response.
func checkSum(t *testing.T, o *surprisev1.Offer) {
	t.Helper()
	s := o.GetScore()
	expectation := 1 - (1-s.GetMarket())*(1-s.GetHabit())
	sum := s.GetValue()*(1-expectation)*s.GetMoment()*s.GetFit()*s.GetEffect() - s.GetCostWeight()*float64(s.GetCostMinor())
	if diff := sum - s.GetScore(); diff > 1e-9 || diff < -1e-9 {
		t.Errorf("%s: the factors give %v, the score is %v", o.GetTemplate(), sum, s.GetScore())
	}
	if o.GetToken() == "" || o.GetClaimId() == "" || o.GetExpires() == nil {
		t.Errorf("%s is not signed: %v", o.GetTemplate(), o)
	}
}

func newRecommender(t *testing.T, c *testv1.DecisionCase) *recommend.Recommender {
	t.Helper()
	return newRecommenderWith(t, c, endless{})
}

func newRecommenderWith(t testing.TB, c *testv1.DecisionCase, random io.Reader) *recommend.Recommender {
	t.Helper()
	return recommend.New(optionsFor(t, c, &storev1.Record{Entries: c.GetHistory()}, random))
}

// optionsFor wires a shop with the case's catalogue, limits and clock, in which the customer has a record.
func optionsFor(t testing.TB, c *testv1.DecisionCase, rec *storev1.Record, random io.Reader) recommend.Options {
	t.Helper()
	cat, problems, err := catalog.LoadDir(os.DirFS(filepath.Join("testdata/catalogs", c.GetCatalog())))
	if err != nil || problems.HasErrors() {
		t.Fatal(problems, err)
	}
	return optionsIn(t, cat, c, rec, random)
}

// optionsIn is optionsFor with a catalogue that is loaded already.
func optionsIn(t testing.TB, cat *catalog.Catalog, c *testv1.DecisionCase, rec *storev1.Record, random io.Reader) recommend.Options {
	t.Helper()
	signer, err := offer.NewSigner("test", make([]byte, offer.MinKeyLen))
	if err != nil {
		t.Fatal(err)
	}
	snapshot := &recommend.Snapshot{Catalog: cat, Matcher: match.NewIndex(cat, recommend.Ceiling(cat)), Wishes: wish.New(cat)}
	hash := func(id string) surprise.CustomerKey { return surprise.HashCustomer([]byte("secret"), "test", id) }
	store := memstore.New()
	remember(t, store, hash(c.GetRequest().GetCustomer().GetId()), rec)
	return recommend.Options{
		Snapshot: func() *recommend.Snapshot { return snapshot }, Records: store, Room: room(c.GetUsed()), Signer: signer, Calendar: calendar.New(),
		Clock: func() time.Time { return c.GetNow().AsTime() }, Random: random, Hash: hash, ChoiceKey: []byte("choice"),
	}
}

func remember(t testing.TB, store ledger.Store, key surprise.CustomerKey, rec *storev1.Record) {
	t.Helper()
	data, err := proto.Marshal(rec)
	if err == nil {
		err = store.Apply(t.Context(), ledger.Change{Key: key, Data: data})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// room knows what is taken: of limits how much, of pools whether all is.
type room map[string]int64

func (r room) Known(string) bool { return true }

func (r room) Fits(limit string, amount, capacity int64) bool { return r[limit]+amount <= capacity }

func (r room) PoolFits(pool string, _ int64) bool { return r[pool] == 0 }

func (r room) HasFreeSlot(pool string) bool { return r[pool] == 0 }

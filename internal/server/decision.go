package server

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/wire"
)

// decision carries one request to the decider and its answer back: for gRPC it is both messages of a call of Recommend, or of an element of
// RecommendStream. It is filled in and written down by the codec, and then used again, so that the messages of a decision are never allocated.
type decision struct {
	server  *recommendationServer
	request *surprisev1.RecommendRequest
	// element has the request if it is one of a stream; then own is room for it.
	element *surprisev1.RecommendStreamRequest
	own     surprisev1.RecommendStreamRequest
	// room has what was read, if that had nothing unusual in it.
	room wire.Request
	// answer is encoded. Failed says why there is none.
	answer mem.BufferSlice
	failed error
	// decide and encode are those of the decision.
	decide grpc.UnaryHandler
	encode func(*surprisev1.RecommendResponse)
}

// decisions keeps those that are over.
type decisions struct{ pool sync.Pool }

func (p *decisions) get(s *recommendationServer) *decision {
	d, ok := p.pool.Get().(*decision)
	if !ok {
		d = &decision{server: s}
		d.decide, d.encode = d.decideAlone, d.encodeAlone
	}
	return d
}

// getElement returns one for an element of a stream.
func (p *decisions) getElement(s *recommendationServer) *decision {
	d := p.get(s)
	d.element = &d.own
	return d
}

// put takes back what nobody uses any more.
func (p *decisions) put(d *decision) {
	d.own.Reset()
	d.room.Reset()
	d.request, d.element, d.answer, d.failed = nil, nil, nil, nil
	p.pool.Put(d)
}

// readFast reads a request that has nothing unusual in it.
func (d *decision) readFast(data string) bool {
	if d.element != nil {
		var ok bool
		if data, ok = wire.StreamRequest(data); !ok {
			return false
		}
	}
	m, ok := d.room.Read(data)
	if d.request = m; ok && d.element != nil {
		d.element.Request = m
	}
	return ok
}

// description is the generated one, but for the handler of Recommend.
func (s *recommendationServer) description() *grpc.ServiceDesc {
	out := surprisev1.RecommendationService_ServiceDesc
	out.Methods = append([]grpc.MethodDesc(nil), out.Methods...)
	for i := range out.Methods {
		if out.Methods[i].MethodName == "Recommend" {
			out.Methods[i].Handler = recommendHandler
		}
	}
	return &out
}

// recommendHandler is the generated one, but for its messages.
func recommendHandler(srv any, ctx context.Context, read func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) { //nolint:revive // gRPC's order
	s := srv.(*recommendationServer) //nolint:forcetypeassert // it is registered with it
	d := s.decisions.get(s)
	if err := read(d); err != nil {
		return nil, err
	}
	if _, err := interceptor(ctx, d.request, s.recommend, d.decide); err != nil {
		s.decisions.put(d)
		return nil, err
	}
	return d, nil // the codec has it back
}

// decideAlone decides a call. The request is the one that the decision has.
func (d *decision) decideAlone(ctx context.Context, _ any) (any, error) {
	if err := d.server.mayHaveTime(ctx, d.request); err != nil {
		return nil, err
	}
	if err := d.server.decider.RecommendTo(ctx, d.request, d.encode); err != nil {
		return nil, err
	}
	return nil, d.failed
}

func (d *decision) encodeAlone(m *surprisev1.RecommendResponse) {
	d.server.count(m)
	d.answer, d.failed = d.server.codec.Marshal(m)
}

// encodeElement writes the answer to an element of a stream.
func (d *decision) encodeElement(res recommend.Result) {
	d.answer, d.failed = d.server.codec.Marshal(d.server.element(d.request.GetRequestId(), res))
}

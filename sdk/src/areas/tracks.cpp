#include "stoa/areas/tracks.hpp"

namespace stoa {

tracks::~tracks() = default;

fault track_not_found() { return {fault_kind::not_found, "TRACK_NOT_FOUND", "The requested track does not exist."}; }

bundle bundle_of(const track& t) { return {"track:" + t.code, t.title, t.courses, t.price_minor, t.currency}; }

}  // namespace stoa

#include "stoa/http_status.hpp"

#include <catch2/catch.hpp>

using namespace stoa;

TEST_CASE("every kind of fault has a status, and only the server's own are its fault", "[fault]") {
  for (int n = 0; n <= static_cast<int>(fault_kind::unavailable); ++n) {
    const auto kind = static_cast<fault_kind>(n);
    const bool own = kind == fault_kind::internal || kind == fault_kind::unavailable;
    INFO(n);
    CHECK((usual_status(kind) >= 500) == own);
    CHECK(usual_status(kind) >= 400);
    CHECK(usual_status(kind) < 600);
  }
  CHECK(usual_status(fault_kind::unavailable) == 503);
  CHECK(usual_status(fault_kind::invalid) == 422);
}

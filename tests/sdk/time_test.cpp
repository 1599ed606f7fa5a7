#include "stoa/time.hpp"

#include <catch2/catch.hpp>

using namespace stoa;

namespace {

timestamp at(std::int64_t s, std::int64_t us = 0) { return timestamp{seconds{s} + microseconds{us}}; }

}  // namespace

TEST_CASE("rfc3339 writes UTC and a fraction only where there is one", "[time]") {
  CHECK(rfc3339(at(0)) == "1970-01-01T00:00:00Z");
  CHECK(rfc3339(at(1'769'529'900)) == "2026-01-27T16:05:00Z");
  CHECK(rfc3339(at(1'769'529'900, 250'000)) == "2026-01-27T16:05:00.250Z");
  CHECK(rfc3339(at(1'769'529'900, 42)) == "2026-01-27T16:05:00.000042Z");
  CHECK(rfc3339(at(0, -1)) == "1969-12-31T23:59:59.999999Z");
  CHECK(iso_date(date{days{20'480}}) == "2026-01-27");
}

TEST_CASE("rfc3339 reads what it writes", "[time]") {
  for (const auto t : {at(0), at(1'769'529'900, 1), at(-86'401), at(253'402'300'799, 999'999), at(951'782'400)})
    CHECK(parse_rfc3339(rfc3339(t)) == t);
}

TEST_CASE("rfc3339 reads offsets, fractions and leap seconds", "[time]") {
  const auto t = at(1'769'529'900);
  CHECK(parse_rfc3339("2026-01-27T18:05:00+02:00") == t);
  CHECK(parse_rfc3339("2026-01-27T10:35:00-05:30") == t);
  CHECK(parse_rfc3339("2026-01-27t16:05:00z") == t);
  CHECK(parse_rfc3339("2026-01-27T16:05:00.5Z") == t + milliseconds{500});
  CHECK(parse_rfc3339("2026-01-27T16:05:00.123456789Z") == t + microseconds{123'456});
  CHECK(parse_rfc3339("2016-12-31T23:59:60Z") == parse_rfc3339("2017-01-01T00:00:00Z"));
  CHECK(parse_rfc3339("2024-02-29T00:00:00Z"));
}

TEST_CASE("what is not rfc3339 is refused", "[time]") {
  for (const auto* text : {"",
                           "2026-01-27",
                           "2026-01-27T16:05:00",
                           "2026-01-27 16:05:00Z",
                           "2026-01-27T16:05Z",
                           "2026-13-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-01-27T24:00:00Z",
                           "2026-01-27T16:60:00Z",
                           "2026-01-27T16:05:60Z",
                           "2026-01-27T16:05:61Z",
                           "2026-01-27T16:05:00.Z",
                           "2026-01-27T16:05:00Zx",
                           "2026-01-27T16:05:00+0200",
                           "2026-01-27T16:05:00+24:00",
                           "2026-1-27T16:05:00Z",
                           "+026-01-27T16:05:00Z",
                           "9999-12-31T23:59:59-01:00",
                           "0000-01-01T00:00:00+01:00"})
    CHECK_FALSE(parse_rfc3339(text));
}

TEST_CASE("iso dates", "[time]") {
  CHECK(parse_iso_date("2026-01-27") == date{days{20'480}});
  for (const auto* text : {"", "2026-01-27T", "2026-02-30", "26-01-27", "2026/01/27"})
    CHECK_FALSE(parse_iso_date(text));
}

TEST_CASE("relative times", "[time]") {
  const auto now = at(1'769'529'900);
  CHECK(relative_time(now, now) == "just now");
  CHECK(relative_time(now + hours{1}, now) == "just now");
  CHECK(relative_time(now - seconds{59}, now) == "just now");
  CHECK(relative_time(now - seconds{60}, now) == "1 minute ago");
  CHECK(relative_time(now - minutes{5}, now) == "5 minutes ago");
  CHECK(relative_time(now - minutes{119}, now) == "1 hour ago");
  CHECK(relative_time(now - hours{48}, now) == "2 days ago");
  CHECK(relative_time(now - days{7}, now) == "1 week ago");
  CHECK(relative_time(now - days{29}, now) == "4 weeks ago");
  CHECK(relative_time(now - days{30}, now) == "1 month ago");
  CHECK(relative_time(now - days{364}, now) == "12 months ago");
  CHECK(relative_time(now - days{800}, now) == "2 years ago");
}

TEST_CASE("clocks", "[time]") {
  manual_clock c{at(100)};
  CHECK(c.now() == at(100));
  c.advance(seconds{5});
  CHECK(c.now() == at(105));
  c.set(at(1));
  CHECK(c.now() == at(1));
  CHECK(system_clock{}.now() > at(1'700'000'000));
  CHECK(from_unix_us(unix_us(at(7, 3))) == at(7, 3));
}

#include "cli/descriptors.hpp"

#include <sys/resource.h>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace stoa::cli;

TEST_CASE("open files are shared out so that neither database nor files go without", "[descriptors]") {
  descriptor_wishes w;
  w.connections = 10'000;
  w.operators = 100;
  w.own = 60;
  const auto enough = share_out(wanted(w), w);
  CHECK(enough.connections == 10'000);
  CHECK(enough.operators == 100);
  for (const std::size_t limit : {128u, 256u, 1024u, 4096u, 13'000u}) {
    const auto s = share_out(limit, w);
    INFO(limit << ": " << s.connections << ", " << s.operators);
    CHECK(s.connections >= 20);
    CHECK(s.operators >= 4);
    // At least an eighth is left for files beside what the house needs.
    CHECK(s.connections + s.operators + w.own + (limit - w.own) / 8 <= limit);
    CHECK(s.connections >= (limit - w.own) / 2);
  }
  // However little there is, somebody is let in.
  CHECK(share_out(16, w).connections == 8);
  w.operators = 0;
  CHECK(share_out(1024, w).operators == 0);
  w.connections = 5;
  CHECK(share_out(1024, w).connections == 5);
}

TEST_CASE("the soft limit is raised as far as is needed, and never lowered", "[descriptors]") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit few = before;
  few.rlim_cur = std::min<rlim_t>(256, before.rlim_max);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  CHECK(raise_descriptor_limit(300) == std::min<rlim_t>(300, before.rlim_max));
  CHECK(raise_descriptor_limit(100) == std::min<rlim_t>(300, before.rlim_max));
  const auto most = raise_descriptor_limit(~std::size_t{0} / 2);
  CHECK((before.rlim_max == RLIM_INFINITY || most == before.rlim_max));
  setrlimit(RLIMIT_NOFILE, &before);
}

// What the tests of hostile input share: every route of every dialect, the dialects' envelopes, and bytes no client
// would send.
#pragma once

#include <string>
#include <vector>

#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

namespace stoa::testing {

struct dialect_door {
  std::string name, prefix;
};
const std::vector<dialect_door>& all_dialects();

/// A line of `stoa routes`.
struct listed_route {
  std::string method, path;
  std::vector<std::string> dialects;
  /// Below one dialect's own prefix: whose; empty otherwise.
  std::string owner() const;
  /// The path with an unknown id in place of each parameter.
  std::string filled() const;
};
/// Asked once.
const std::vector<listed_route>& all_routes();

/// What is wrong with an error as that dialect writes it, or nothing. A refusal is 4xx.
std::string not_an_error_of(const std::string& dialect, const response& answer);

/// Sends bytes as they are and reads until the other side closes or `patience` is over.
std::string send_bytes(const server& to, const std::string& bytes,
                       std::chrono::milliseconds patience = std::chrono::seconds{5});

/// Whether it still answers.
bool alive(const server& s);

/// Runs `one(i)` on `how_many` threads that all begin at the same moment.
template <class One>
void all_at_once(int how_many, One one);

}  // namespace stoa::testing

#include <thread>

template <class One>
void stoa::testing::all_at_once(int how_many, One one) {
  gate start;
  std::vector<std::thread> threads;
  for (int i = 0; i < how_many; ++i)
    threads.emplace_back([&, i] {
      if (start.wait()) one(i);
    });
  start.open();
  for (auto& t : threads) t.join();
}

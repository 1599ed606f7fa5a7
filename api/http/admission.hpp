// Who gets in: requests in flight, credentials, roles and rate limits.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/authenticator.hpp"
#include "api/http/cors.hpp"
#include "api/http/limits.hpp"
#include "api/http/message.hpp"
#include "api/http/router.hpp"
#include "stoa/fault.hpp"
#include "stoa/metrics.hpp"

namespace stoa::http {

/// A request that wants in, and where admission leaves what it finds out.
struct applicant {
  const incoming& in;
  const endpoint& target;
  const dialect_policy& policy;
  stoa::request& req;           ///< its `who` is filled in
  std::string_view origin;      ///< the Origin header, or empty
  std::string_view own_origin;  ///< scheme and authority of this server's links, as configured or asked for
  std::string& limit_lines;     ///< header lines on limits
};

/// Decides on every request before its handler runs. Thread-safe.
class admission {
 public:
  /// A request's place among those in flight; given back as it goes. Must not outlive the admission.
  class seat {
   public:
    seat() = default;
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;
    ~seat();

   private:
    friend class admission;
    admission* of_ = nullptr;
  };

  /// The references must outlive the admission. `refused` counts requests that found too many in flight.
  admission(std::size_t max_in_flight, bool secure_cookies, authenticator& who, const cors& origins, counter& refused);

  /// Takes an empty seat, or says why there is none. A request that finds too many in flight is one of them until its
  /// refusal is out.
  std::optional<fault> enter(seat& s);
  /// Who asks, how often, and whether they may. Nothing of the body has been looked at.
  std::optional<fault> admit_caller(applicant& a);

  /// Requests that have a seat.
  std::size_t in_flight() const noexcept;
  /// From now on nobody enters.
  void close() noexcept;

 private:
  std::optional<fault> identify(applicant& a, bool& by_cookie);
  std::optional<fault> check_limits(applicant& a);

  std::size_t max_in_flight_;
  bool secure_cookies_;
  authenticator& who_;
  const cors& origins_;
  counter& refused_;
  rate_limiter limiter_;
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace stoa::http

#include "api/http/admission.hpp"

#include <chrono>

#include "api/http/client_address.hpp"
#include "api/http/cookies.hpp"
#include "api/http/uri.hpp"
#include "runtime/settings/origin.hpp"
#include "stoa/text.hpp"

namespace stoa::http {

authenticator::~authenticator() = default;
std::optional<task<done>> authenticator::confirm(const caller&) { return std::nullopt; }

namespace {

bool may_change(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS"; }

fault authentication_required() {
  return {fault_kind::unauthenticated, "AUTHENTICATION_REQUIRED", "Authentication credentials were not provided."};
}

fault over_limit(const rate_state& s) {
  fault f{fault_kind::too_many, "RATE_LIMIT_EXCEEDED", "Too many requests. Please try again later."};
  f.retry_after = s.reset_after;
  return f;
}

void tell_limits(applicant& a, const rate_state& s) {
  if (!a.policy.limit_headers) return;
  a.limit_lines.clear();
  append_header(a.limit_lines, "X-RateLimit-Limit", std::to_string(s.limit));
  append_header(a.limit_lines, "X-RateLimit-Remaining", std::to_string(s.remaining));
  append_header(a.limit_lines, "X-RateLimit-Reset",
                std::to_string(std::chrono::ceil<seconds>(s.reset.time_since_epoch()).count()));
  if (a.policy.reset_after_header)
    append_header(a.limit_lines, "X-RateLimit-Reset-After", std::to_string(s.reset_after.count()));
}

}  // namespace

admission::seat::~seat() {
  if (of_) of_->in_flight_.fetch_sub(1, std::memory_order_relaxed);
}

admission::admission(std::size_t max_in_flight, bool secure_cookies, authenticator& who, const cors& origins,
                     counter& refused)
    : max_in_flight_(max_in_flight), secure_cookies_(secure_cookies), who_(who), origins_(origins), refused_(refused) {}

std::optional<fault> admission::enter(seat& s) {
  if (closed_.load(std::memory_order_relaxed)) return fault::unavailable("The server is going down. Please try again.");
  s.of_ = this;
  if (in_flight_.fetch_add(1, std::memory_order_relaxed) < max_in_flight_) return std::nullopt;
  refused_.add();
  return fault::unavailable("The server is busy. Please try again.");
}

std::optional<fault> admission::admit_caller(applicant& a) {
  const auto& options = a.target.route->options;
  std::optional<fault> no;
  bool by_cookie = false;
  if (options.auth != auth::none) {
    no = identify(a, by_cookie);
  }
  if (auto f = check_limits(a)) return f;
  if (no) return no;
  if (options.auth == auth::required && !a.req.who.signed_in) return authentication_required();
  if (by_cookie && may_change(a.in.method()) && !origins_.names(a.origin) &&
      a.origin != runtime::canonical_origin(a.own_origin))
    return fault{fault_kind::forbidden, "ORIGIN_NOT_ALLOWED", "Requests from this origin need a bearer token."};
  if (options.roles.bits && !(options.roles.bits & a.req.who.roles.bits)) {
    if (!a.req.who.signed_in) return authentication_required();
    return fault{fault_kind::forbidden, "PERMISSION_DENIED", "You do not have permission to perform this action."};
  }
  return std::nullopt;
}

std::optional<fault> admission::identify(applicant& a, bool& by_cookie) {
  std::string_view token;
  int credentials = 0;
  a.in.each("Authorization", [&](std::string_view) { ++credentials; });
  if (credentials > 1) return fault{fault_kind::unauthenticated, "TOKEN_EXPIRED", "Token is invalid or expired"};
  if (const auto header = a.in.header("Authorization"); header && !trim(*header).empty()) {
    const auto value = trim(*header);
    if (value.size() < 7 || !same_word(value.substr(0, 6), "bearer") || value[6] != ' ')
      return fault{fault_kind::unauthenticated, "TOKEN_EXPIRED", "Token is invalid or expired"};
    token = trim(value.substr(7));
  } else if (a.policy.cookies) {
    // Proxies that speak HTTP/2 to the client may pass its cookies on in several lines.
    a.in.each("Cookie", [&](std::string_view line) {
      const auto value = cookie_value(line, access_cookie_name(secure_cookies_));
      if (token.empty() && value) token = *value;
    });
    by_cookie = !token.empty();
  }
  if (token.empty()) return std::nullopt;
  auto who = who_.identify(token, a.req.now);
  if (!who) return std::move(who).refusal();
  std::string address = std::move(a.req.who.address);
  a.req.who = std::move(who).value();
  a.req.who.signed_in = true;
  a.req.who.address = std::move(address);
  return std::nullopt;
}

std::optional<fault> admission::check_limits(applicant& a) {
  std::optional<rate_state> tightest;
  std::optional<fault> no;
  std::string subject;
  for (const auto* rule : a.target.limits) {
    std::string_view who;
    switch (rule->by) {
      case rate_rule::subject::user:
        if (!a.req.who.signed_in) continue;
        who = {reinterpret_cast<const char*>(a.req.who.user.value.bytes.data()), 16};
        break;
      case rate_rule::subject::anonymous:
        if (a.req.who.signed_in) continue;
        [[fallthrough]];
      case rate_rule::subject::address:
      case rate_rule::subject::hashing:
        if (subject.empty()) subject = subject_of(a.req.who.address);
        who = subject;
    }
    const auto state = limiter_.count(*rule, who, a.req.now);
    if (!tightest || !state.allowed || (tightest->allowed && state.remaining < tightest->remaining)) tightest = state;
    if (!state.allowed) {
      no = over_limit(state);
      break;
    }
  }
  if (tightest) tell_limits(a, *tightest);
  return no;
}

std::size_t admission::in_flight() const noexcept { return in_flight_.load(std::memory_order_relaxed); }
void admission::close() noexcept { closed_.store(true, std::memory_order_relaxed); }

}  // namespace stoa::http

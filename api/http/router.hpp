// From method and path to a route: a trie of path segments.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/dialect_policy.hpp"
#include "stoa/metrics.hpp"
#include "stoa/routes.hpp"

namespace stoa::http {

/// A route with all that the front end keeps for it. Two places may lead to one endpoint.
struct endpoint {
  const stoa::route* route = nullptr;
  const dialect_policy* policy = nullptr;  ///< null for a plain route outside of all dialects
  std::string label;                       ///< the pattern with the documented base: `/api/v1/courses/{id}/`
  std::string owner;                       ///< who brought it: `the core`, `the plugin badges`
  std::vector<std::string> names;          ///< of the path parameters, in order
  std::vector<const rate_rule*> limits;
  histogram* latency = nullptr;
  /// Request counters by status, made when a status is first answered.
  std::array<std::atomic<counter*>, 32> counters{};
};

/// What a route belongs to, for OpenAPI: its tag, or else the first segment of its pattern.
std::string area_of(const stoa::route& r);

/// Whether a route of pattern `one` is found for some path for which there would be `other` without it: a word stands
/// where `other` has a parameter. Both are patterns with their base.
bool takes_paths_from(std::string_view one, std::string_view other);

/// Names of hosts that choose a dialect where several document the same method and path.
struct host_choice {
  std::string host;  ///< lower case, without a port
  stoa::dialect dialect;
};

struct router_options {
  std::vector<host_choice> hosts;
  /// Who comes first where nothing else decides; who is not named follows in the order of adding.
  std::vector<dialect> order;
};

/// What the router says of a request.
struct match {
  enum class outcome { found, not_found, method_not_allowed, malformed };
  outcome what = outcome::not_found;
  endpoint* target = nullptr;
  bool prefixed = false;            ///< reached through the dialect's own prefix
  std::vector<std::string> values;  ///< of the path parameters, decoded
  unsigned allowed = 0;             ///< verbs that this path knows, bit by enum value
};

/// One line of `stoa routes`.
struct route_line {
  std::string method;
  std::string path;
  std::vector<dialect> dialects;  ///< who answers, the first by default; empty: outside of all dialects
  std::string summary;
};

/// Filled at start, then only read: no locks.
class router {
 public:
  explicit router(router_options options);
  ~router();
  router(const router&) = delete;
  router& operator=(const router&) = delete;

  /// Mounts a dialect's routes twice: under its prefix and under its documented base. May be called again for the same
  /// dialect (plugins): its policy is then the first one given. Throws std::logic_error where two routes would have one
  /// place, or two types of an area one name in the OpenAPI document.
  void add(const dialect_policy& policy, const route_table& routes, const std::string& owner = "the core");
  /// Why that route cannot be added: another one has its place, or would lose paths to it without the route's saying so
  /// (`shadows`). In words that name both owners; empty where it can.
  std::string clash(const dialect_policy& policy, const stoa::route& r, const std::string& owner) const;
  /// Mounts routes at exactly their patterns, outside of dialects, without limits or credentials.
  void add_plain(const route_table& routes);

  /// `path` is as sent, without the query. `host` and `asked` (X-API-Dialect) may be empty.
  match find(verb v, std::string_view path, std::string_view host, std::string_view asked) const;
  /// Whose envelope an error gets that belongs to no route.
  const dialect_policy& policy_for(std::string_view path, std::string_view host, std::string_view asked) const;
  const dialect_policy* policy_of(const dialect& d) const;

  /// The types of a dialect's documents, by the names they have there. The dialect has been added.
  const wire::schema_registry& schemas_of(const dialect& d) const { return schemas_.at(d); }

  std::vector<route_line> table() const;
  std::deque<endpoint>& endpoints() { return endpoints_; }
  const std::deque<endpoint>& endpoints() const { return endpoints_; }

 private:
  struct node;
  struct candidate;
  struct search;

  void mount(endpoint& e, const std::string& path, bool prefixed);
  std::optional<dialect> chosen(std::string_view host, std::string_view asked) const;
  std::size_t rank(const endpoint& e) const;
  void walk(const node& n, std::size_t depth, search& s) const;

  router_options options_;
  std::unique_ptr<node> root_;
  std::deque<endpoint> endpoints_;
  std::deque<dialect_policy> policies_;
  std::deque<stoa::route> routes_;
  std::map<dialect, wire::schema_registry> schemas_;  ///< the names that types have in each dialect's document
};

}  // namespace stoa::http

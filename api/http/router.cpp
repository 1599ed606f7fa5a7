#include "api/http/router.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "api/http/uri.hpp"
#include "stoa/text.hpp"

namespace stoa::http {
namespace {

constexpr std::size_t max_segments = 32;
constexpr std::size_t verb_count = 5;

std::size_t index_of(verb v) { return static_cast<std::size_t>(v); }

/// The segments between the slashes, and whether there is a final slash.
bool split(std::string_view path, std::vector<std::string_view>& out, bool& final_slash) {
  if (path.empty() || path.front() != '/') return false;
  path.remove_prefix(1);
  final_slash = path.empty() || path.back() == '/';
  if (final_slash && !path.empty()) path.remove_suffix(1);
  while (!path.empty()) {
    if (out.size() == max_segments) return false;
    const auto slash = path.find('/');
    const auto one = path.substr(0, slash);
    if (one.empty()) return false;
    out.push_back(one);
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
    if (path.empty()) return false;  // two slashes at the end
  }
  return true;
}

std::string_view without_port(std::string_view host) {
  if (!host.empty() && host.front() == '[') return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool below(std::string_view path, std::string_view base) {
  return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
}

/// What may stand in the name of an OpenAPI component.
bool is_component_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

}  // namespace

std::string area_of(const stoa::route& r) {
  if (!r.options.tag.empty()) return r.options.tag;
  return r.pattern.substr(1, r.pattern.find('/', 1) - 1);
}

struct router::candidate {
  endpoint* target;
  bool prefixed;
};

struct router::node {
  std::vector<std::pair<std::string, std::unique_ptr<node>>> children;  // sorted by name
  std::unique_ptr<node> parameter;
  std::unique_ptr<node> rest;  // `{name...}`: everything from here on
  // By verb, by whether the pattern ends in a slash; in the configured order.
  std::array<std::array<std::vector<candidate>, 2>, verb_count> here;

  const node* child(std::string_view name) const {
    const auto it = std::lower_bound(children.begin(), children.end(), name,
                                     [](const auto& c, std::string_view n) { return std::string_view(c.first) < n; });
    return it != children.end() && it->first == name ? it->second.get() : nullptr;
  }
  node& make_child(std::string_view name) {
    const auto it = std::lower_bound(children.begin(), children.end(), name,
                                     [](const auto& c, std::string_view n) { return std::string_view(c.first) < n; });
    if (it != children.end() && it->first == name) return *it->second;
    return *children.emplace(it, std::string(name), std::make_unique<node>())->second;
  }
};

struct router::search {
  std::vector<std::string_view> segments;
  bool final_slash = false;
  verb method = verb::get;
  std::optional<dialect> wanted;
  bool documented_only = false;
  // What has been passed on the way to here.
  std::vector<std::string_view> taken;
  unsigned allowed = 0;
  // The best so far.
  bool exact_slash = true;
  const candidate* found = nullptr;
  bool found_wanted = false;
  std::vector<std::string_view> values;

  bool found_wanted_one() const { return wanted && found_wanted; }
};

router::router(router_options options) : options_(std::move(options)), root_(std::make_unique<node>()) {
  for (auto& h : options_.hosts) h.host = ascii_lower(h.host);
}
router::~router() = default;

std::size_t router::rank(const endpoint& e) const {
  if (!e.policy) return 0;
  const auto it = std::find(options_.order.begin(), options_.order.end(), e.policy->dialect);
  if (it != options_.order.end()) return 1 + static_cast<std::size_t>(it - options_.order.begin());
  const auto added = std::find_if(policies_.begin(), policies_.end(), [&](const auto& p) { return &p == e.policy; });
  return 1 + options_.order.size() + static_cast<std::size_t>(added - policies_.begin());
}

void router::mount(endpoint& e, const std::string& path, bool prefixed) {
  std::vector<std::string_view> segments;
  bool final_slash = false;
  if (!split(path, segments, final_slash)) throw std::logic_error("a route's pattern is no path: " + path);
  node* at = root_.get();
  for (const auto s : segments) {
    if (s.starts_with('{') && s.ends_with("...}")) {
      if (!at->rest) at->rest = std::make_unique<node>();
      at = at->rest.get();
    } else if (s.starts_with('{') && s.ends_with('}')) {
      if (!at->parameter) at->parameter = std::make_unique<node>();
      at = at->parameter.get();
    } else {
      at = &at->make_child(s);
    }
  }
  auto& list = at->here[index_of(e.route->verb)][final_slash];
  for (const auto& c : list)
    if (c.target->policy == e.policy)
      throw std::logic_error("two routes at " + std::string(name_of(e.route->verb)) + " " + path + ", of " +
                             c.target->owner + " and of " + e.owner);
  const auto before =
      std::find_if(list.begin(), list.end(), [&](const candidate& c) { return rank(*c.target) > rank(e); });
  list.insert(before, {&e, prefixed});
}

bool takes_paths_from(std::string_view one, std::string_view other) {
  std::vector<std::string_view> own, theirs;
  bool slash = false;
  if (!split(one, own, slash) || !split(other, theirs, slash)) return false;
  const auto open = [](std::string_view s) { return s.starts_with('{') && s.ends_with('}'); };
  const auto rest = [](std::string_view s) { return s.starts_with('{') && s.ends_with("...}"); };
  bool first = true;   // up to here they are alike
  bool takes = false;  // where they first differ the word is ours
  for (std::size_t i = 0; i < std::max(own.size(), theirs.size()); ++i) {
    const bool more = i < own.size();
    if (i < theirs.size() && rest(theirs[i])) return more && (takes || (first && !rest(own[i])));
    if (more && rest(own[i])) return i < theirs.size() && takes;
    if (!more || i >= theirs.size()) return false;
    if (open(own[i]) && open(theirs[i])) continue;
    if (!open(own[i]) && !open(theirs[i])) {
      if (own[i] != theirs[i]) return false;
      continue;
    }
    if (first) takes = open(theirs[i]);
    first = false;
  }
  return takes;
}

std::string router::clash(const dialect_policy& policy, const stoa::route& r, const std::string& owner) const {
  const auto* kept = policy_of(policy.dialect);
  const auto label = policy.base + r.pattern;
  const auto shape = [](const std::string& pattern) {
    std::vector<std::string_view> segments;
    bool final_slash = false;
    std::string out;
    if (!split(pattern, segments, final_slash)) return pattern;
    for (const auto s : segments)
      out += "/" + std::string(!s.starts_with('{') ? s : s.ends_with("...}") ? "{...}" : "{}");
    return out + (final_slash ? "/" : "");
  };
  for (const auto& e : endpoints_) {
    if (e.route->verb != r.verb) continue;
    const auto both =
        std::string(name_of(r.verb)) + " " + label + " of " + owner + " and " + e.label + " of " + e.owner;
    if (e.policy == kept && shape(e.label) == shape(label)) return "expected a place of its own, found " + both;
    if (!r.options.shadows && e.policy && takes_paths_from(label, e.label))
      return "expected a route that takes no paths from others, found " + both;
  }
  return {};
}

void router::add(const dialect_policy& policy, const route_table& routes, const std::string& owner) {
  const dialect_policy* kept = policy_of(policy.dialect);
  if (!kept) kept = &policies_.emplace_back(policy);
  auto& schemas = schemas_[kept->dialect];
  schemas.dialect = kept->dialect.name();
  schemas.pages = &kept->pages;
  for (const auto& r : routes.all()) {
    endpoint& e = endpoints_.emplace_back();
    e.route = &routes_.emplace_back(r);
    e.policy = kept;
    e.label = kept->base + r.pattern;
    e.owner = owner;
    e.names = names_in_pattern(r.pattern);
    for (const auto& rule : kept->limits)
      if (!r.options.unlimited && rule.limit > 0 &&
          (rule.route.empty() || (rule.route == r.pattern && rule.method == r.verb)))
        e.limits.push_back(&rule);
    if (r.options.login)
      for (const auto& rule : kept->login_limits)
        if (rule.limit > 0) e.limits.push_back(&rule);
    if (r.options.hashes)
      for (const auto& rule : kept->hash_limits)
        if (rule.limit > 0) e.limits.push_back(&rule);
    json_writer unused;
    schemas.area = area_of(r);
    if (!is_component_name(schemas.area))
      throw std::logic_error("the area of " + r.pattern + ", \"" + schemas.area +
                             "\", is no name: use letters, digits, '.', '-' and '_'");
    if (r.input_schema && r.takes_json) r.input_schema(unused, schemas);
    if (r.output_schema) r.output_schema(unused, schemas);
    mount(e, kept->prefix + r.pattern, true);
    mount(e, kept->base + r.pattern, false);
  }
}

void router::add_plain(const route_table& routes) {
  for (const auto& r : routes.all()) {
    endpoint& e = endpoints_.emplace_back();
    e.route = &routes_.emplace_back(r);
    e.label = r.pattern;
    e.owner = "the core";
    e.names = names_in_pattern(r.pattern);
    mount(e, r.pattern, false);
  }
}

void router::walk(const node& n, std::size_t depth, search& s) const {
  if (s.found_wanted) return;
  const auto look = [&](const node& end) {
    for (std::size_t v = 0; v < verb_count; ++v)
      if (!end.here[v][0].empty() || !end.here[v][1].empty()) s.allowed |= 1u << v;
    const auto& list = end.here[index_of(s.method)][s.exact_slash ? s.final_slash : !s.final_slash];
    if (list.empty()) return;
    const auto first = std::find_if(list.begin(), list.end(), [&](const candidate& c) {
      return !(s.documented_only && c.target->route->options.addition);
    });
    if (first == list.end()) return;
    const candidate* best = &*first;
    bool wanted = !s.wanted.has_value();
    if (s.wanted)
      for (const auto& c : list)
        if (c.target->policy && c.target->policy->dialect == *s.wanted) {
          best = &c;
          wanted = true;
        }
    if (s.found && !wanted) return;
    s.found = best;
    s.found_wanted = wanted;
    s.values = s.taken;
  };
  if (depth == s.segments.size()) return look(n);
  if (const node* c = n.child(s.segments[depth])) walk(*c, depth + 1, s);
  if (n.parameter && !s.found_wanted) {
    s.taken.push_back(s.segments[depth]);
    walk(*n.parameter, depth + 1, s);
    s.taken.pop_back();
  }
  if (n.rest && !s.found_wanted) {
    const auto& last = s.segments.back();
    s.taken.emplace_back(s.segments[depth].data(),
                         static_cast<std::size_t>(last.data() + last.size() - s.segments[depth].data()));
    look(*n.rest);
    s.taken.pop_back();
  }
}

match router::find(verb v, std::string_view path, std::string_view host, std::string_view asked) const {
  match m;
  search s;
  s.segments.reserve(12);
  s.method = v;
  // Escapes are decoded before the walk, so that `%6Cogin` is `login`; a decoded slash stays inside its segment. The
  // text of all segments lies in one buffer, which `{name...}` relies on.
  std::vector<std::string_view> raw;
  raw.reserve(12);
  if (!split(path, raw, s.final_slash)) return m;
  std::string decoded;
  if (path.find('%') == path.npos) {
    if (!valid_utf8(path) || path.find('\0') != path.npos) return m.what = match::outcome::malformed, m;
    s.segments = std::move(raw);
  } else {
    decoded.reserve(path.size());
    for (const auto one : raw) {
      const auto text = percent_decoded(one, false);
      if (!text || text->empty()) return m.what = match::outcome::malformed, m;
      const std::size_t from = decoded.size();
      decoded.append(*text);
      s.segments.emplace_back(decoded.data() + from, text->size());
      decoded.push_back('/');
    }
  }
  for (const auto one : s.segments)
    if (one == "." || one == ".." || one.find("../") != one.npos || one.find("/..") != one.npos) return m;
  s.wanted = chosen(host, asked);
  walk(*root_, 0, s);
  if (!s.found) {
    s.exact_slash = false;
    walk(*root_, 0, s);
  }
  if (s.found && !s.found_wanted_one() && !s.found->prefixed && s.found->target->route->options.addition) {
    // Nobody asked for this dialect, and its contract does not promise this: whoever documents the path has it.
    search documented = s;
    documented.documented_only = true;
    documented.found = nullptr;
    documented.found_wanted = false;
    walk(*root_, 0, documented);
    if (documented.found && documented.found->target->policy != s.found->target->policy) s = std::move(documented);
  }
  m.allowed = s.allowed;
  if (!s.found) {
    m.what = s.allowed ? match::outcome::method_not_allowed : match::outcome::not_found;
    return m;
  }
  m.what = match::outcome::found;
  m.target = s.found->target;
  m.prefixed = s.found->prefixed;
  m.values.assign(s.values.begin(), s.values.end());
  return m;
}

std::optional<dialect> router::chosen(std::string_view host, std::string_view asked) const {
  if (!options_.hosts.empty() && !host.empty()) {
    const auto name = without_port(host);
    for (const auto& h : options_.hosts)
      if (same_word(h.host, name)) return h.dialect;
  }
  for (const auto& p : policies_)
    if (same_word(p.dialect.name(), asked)) return p.dialect;
  return std::nullopt;
}

const dialect_policy* router::policy_of(const dialect& d) const {
  for (const auto& p : policies_)
    if (p.dialect == d) return &p;
  return nullptr;
}

const dialect_policy& router::policy_for(std::string_view path, std::string_view host, std::string_view asked) const {
  for (const auto& p : policies_)
    if (below(path, p.prefix) || below(path, "/" + std::string(name_of(p.dialect)))) return p;
  if (const auto d = chosen(host, asked))
    if (const auto* p = policy_of(*d)) return *p;
  // The longest documented base that fits: `/api/v1` before `/api`; among equals the configured order.
  const dialect_policy* best = nullptr;
  const auto look = [&](const dialect_policy* p) {
    if (p && below(path, p->base) && (!best || p->base.size() > best->base.size())) best = p;
  };
  for (const auto& d : options_.order) look(policy_of(d));
  for (const auto& p : policies_) look(&p);
  if (best) return *best;
  return policies_.empty() ? plain_policy() : policies_.front();
}

std::vector<route_line> router::table() const {
  std::map<std::pair<std::string, std::string>, std::vector<const endpoint*>> lines;
  for (const auto& e : endpoints_) {
    const std::string method(name_of(e.route->verb));
    lines[{e.label, method}].push_back(&e);
    if (e.policy) lines[{e.policy->prefix + e.route->pattern, method}].push_back(&e);
  }
  std::vector<route_line> out;
  for (auto& [where, who] : lines) {
    const auto place = [&](const endpoint* e) { return std::pair(e->route->options.addition, rank(*e)); };
    std::stable_sort(who.begin(), who.end(), [&](auto* a, auto* b) { return place(a) < place(b); });
    route_line line{where.second, where.first, {}, who.front()->route->options.summary};
    for (const auto* e : who)
      if (e->policy) line.dialects.push_back(e->policy->dialect);
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace stoa::http

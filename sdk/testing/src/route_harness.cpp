#include "testing/route_harness.hpp"

#include "testing/waiting.hpp"

namespace stoa::testing {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::vector<std::string_view> pieces(std::string_view text, char between) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(between, at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

using parameters = std::vector<std::pair<std::string, std::string>>;

std::optional<parameters> match(std::string_view pattern, std::string_view path) {
  const auto wanted = pieces(pattern, '/');
  const auto found = pieces(path, '/');
  parameters out;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto w = wanted[i];
    if (w.ends_with("...}") && i < found.size()) {
      const auto rest = path.substr(static_cast<std::size_t>(found[i].data() - path.data()));
      out.emplace_back(std::string(w.substr(1, w.size() - 5)), decoded(rest, false));
      return out;
    }
    if (i >= found.size()) return std::nullopt;
    if (w.front() == '{')
      out.emplace_back(std::string(w.substr(1, w.size() - 2)), decoded(found[i], false));
    else if (w != decoded(found[i], false))
      return std::nullopt;
  }
  if (wanted.size() != found.size()) return std::nullopt;
  return out;
}

route_answer refused(fault f) {
  route_answer out;
  out.status = usual_status(f.kind);
  out.refusal = std::move(f);
  return out;
}

}  // namespace

caller signed_in(user_id who, role as) {
  caller out;
  out.signed_in = true;
  out.user = who;
  out.roles.add(as);
  return out;
}

route_answer route_harness::call(const dialect& d, verb v, std::string_view path, asking a) {
  const auto mark = std::min(path.find('?'), path.size());
  const auto place = path.substr(0, mark);
  const route* chosen = nullptr;
  parameters in_path;
  bool other_method = false;
  for (const auto& r : host_.tables[d].all()) {
    auto found = match(r.pattern, place);
    if (!found) continue;
    if (r.verb != v) {
      other_method = true;
      continue;
    }
    // A word wins over a parameter, as in the router.
    if (chosen && found->size() >= in_path.size()) continue;
    chosen = &r;
    in_path = std::move(*found);
  }
  if (!chosen) {
    route_answer nobody;
    nobody.status = other_method ? 405 : 404;
    return nobody;
  }
  const auto& o = chosen->options;
  if (o.auth == auth::none) a.who = {};
  if (o.auth == auth::required && !a.who.signed_in)
    return refused({fault_kind::unauthenticated, "UNAUTHENTICATED", "Sign in first."});
  if (o.roles.bits != 0 && (o.roles.bits & a.who.roles.bits) == 0)
    return refused({fault_kind::forbidden, "FORBIDDEN", "Another role is needed."});

  request q;
  q.who = std::move(a.who);
  q.dialect = d;
  q.now = host_.clock().now();
  q.id = "test";
  q.base_url = host_.url_of(d, "");
  q.path = std::string(place);
  q.body = std::move(a.body);
  q.path_params = std::move(in_path);
  q.headers = std::move(a.headers);
  if (!q.body.empty() && !q.header("content-type")) q.headers.emplace_back("content-type", "application/json");
  if (mark < path.size())
    for (const auto one : pieces(path.substr(mark + 1), '&')) {
      const auto equals = std::min(one.find('='), one.size());
      q.query_params.emplace_back(decoded(one.substr(0, equals), true),
                                  decoded(one.substr(std::min(equals + 1, one.size())), true));
    }
  auto ran = wait_for<reply>(chosen->run(q));
  if (!ran) return refused(std::move(ran).refusal());
  route_answer out;
  out.status = ran->status;
  out.text = ran->body_text();
  if (auto parsed = json::parse(out.text)) out.body = std::move(*parsed);
  return out;
}

}  // namespace stoa::testing

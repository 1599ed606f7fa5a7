#include "workspaces_area.hpp"

#include <algorithm>
#include <utility>

namespace stoa_plugin::workspaces {

using stoa::auth;
using stoa::request;
using stoa::task;
namespace wire = stoa::wire;
using steady = std::chrono::steady_clock;

namespace {

/// Somewhat before the client gets the server's own answer, which says less.
steward::deadline patience(const request& q) {
  return std::min(q.deadline - stoa::milliseconds{500}, steady::now() + stoa::minutes{1});
}

}  // namespace

void workspaces_area::mount(stoa::route_table& routes, std::shared_ptr<workspaces_area> area) {
  auto at = routes.area("workspaces", std::move(area));
  at.post("/users/workspace/create/",
          {.auth = auth::required,
           .status = 201,
           .summary = "One's own workspace: made where there is none, started where it rests",
           .refuses = {fault_kind::too_many, fault_kind::unavailable},
           .also = {200}},
          &workspaces_area::create);
  at.get("/users/workspace/", {.auth = auth::required, .summary = "One's own workspace as it is", .addition = true},
         &workspaces_area::show);
  at.post("/users/workspace/stop/",
          {.auth = auth::required,
           .summary = "Stops one's own workspace; what is in its volume stays",
           .addition = true,
           .refuses = {fault_kind::not_found, fault_kind::conflict, fault_kind::unavailable}},
          &workspaces_area::stop);
  at.del("/users/workspace/",
         {.auth = auth::required,
          .status = 204,
          .summary = "Removes one's own workspace, with `volume=true` also what was worked on in it",
          .addition = true,
          .refuses = {fault_kind::not_found, fault_kind::conflict, fault_kind::unavailable}},
         &workspaces_area::remove);
}

std::string workspaces_area::url_at(std::int64_t port) const {
  constexpr std::string_view hole = "{port}";
  auto url = template_;
  if (const auto at = url.find(hole); at != url.npos) url.replace(at, hole.size(), std::to_string(port));
  return url;
}

workspace_out workspaces_area::shown(const workspace& w) const {
  workspace_out out;
  out.state = name_of(w.at);
  out.port = w.port;
  if (w.port) out.url = url_at(*w.port);
  out.created_at = w.made_at;
  out.last_used_at = w.used_at;
  return out;
}

task<stoa::encoded<created_out>> workspaces_area::create(const request& q) {
  const auto o = co_await all_->open(q.who.user, patience(q));
  const auto port = o.now.port.value_or(0);
  stoa::json_writer w;
  w.begin_object();
  w.key("url"), w.string(url_at(port));
  if (o.fresh) {
    w.key("port"), w.integer(port);
    w.key("msg"), w.string("Workspace created successfully.");
  }
  w.end_object();
  stoa::encoded<created_out> out;
  out.out = stoa::reply::json_text(w.take(), o.fresh ? 201 : 200);
  co_return out;
}

task<workspace_out> workspaces_area::show(const request& q) {
  const auto w = co_await all_->look(q.who.user);
  co_return shown(*w);
}

task<workspace_out> workspaces_area::stop(const request& q) {
  co_await all_->close(q.who.user, patience(q));
  const auto w = co_await all_->look(q.who.user);
  co_return shown(*w);
}

task<wire::nothing> workspaces_area::remove(const request& q, leave_query in) {
  co_await all_->leave(q.who.user, in.volume.value_or(false), patience(q));
  wire::nothing n;
  co_return n;
}

}  // namespace stoa_plugin::workspaces

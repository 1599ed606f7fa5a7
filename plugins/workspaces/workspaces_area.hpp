// Workspaces over HTTP.
#pragma once

#include <boost/describe.hpp>

#include <memory>
#include <optional>
#include <string>

#include "steward.hpp"
#include "stoa/routes.hpp"

namespace stoa_plugin::workspaces {

/// `port` and `msg` of one that was just made.
struct created_out {
  std::string url;
  std::optional<std::int64_t> port;
  std::optional<std::string> msg;
};
BOOST_DESCRIBE_STRUCT(created_out, (), (url, port, msg))

struct workspace_out {
  std::string state;
  std::optional<std::string> url;
  std::optional<std::int64_t> port;
  std::optional<timestamp> created_at;
  std::optional<timestamp> last_used_at;
};
BOOST_DESCRIBE_STRUCT(workspace_out, (), (state, url, port, created_at, last_used_at))

struct leave_query {
  std::optional<bool> volume;
};
BOOST_DESCRIBE_STRUCT(leave_query, (), (volume))

class workspaces_area {
 public:
  /// `{port}` in the template is the workspace's.
  workspaces_area(std::shared_ptr<steward> all, std::string url_template)
      : all_(std::move(all)), template_(std::move(url_template)) {}

  static void mount(stoa::route_table& routes, std::shared_ptr<workspaces_area> area);

 private:
  stoa::task<stoa::encoded<created_out>> create(const stoa::request& q);
  stoa::task<workspace_out> show(const stoa::request& q);
  stoa::task<workspace_out> stop(const stoa::request& q);
  stoa::task<stoa::wire::nothing> remove(const stoa::request& q, leave_query in);
  std::string url_at(std::int64_t port) const;
  workspace_out shown(const workspace& w) const;

  const std::shared_ptr<steward> all_;
  const std::string template_;
};

}  // namespace stoa_plugin::workspaces

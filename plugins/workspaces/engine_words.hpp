// What is said to a container engine and what its answers mean: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/workspaces.hpp"
#include "stoa/json.hpp"

namespace stoa_plugin::workspaces {

/// What every workspace is made of, as the operator says.
struct engine_options {
  std::string engine;  ///< `unix:///var/run/docker.sock`, or an http address
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> environment;   ///< `NAME=value`
  std::vector<std::string> capabilities;  ///< all others are dropped
  std::string user;                       ///< empty: the image's
  std::int64_t inside_port = 0;
  std::string home;     ///< where the volume is
  std::string publish;  ///< the machine's address at which the ports are
  std::string subnets;  ///< each workspace's network is a piece of this one; empty: as the engine chooses
  std::int64_t first_port = 0;
  std::int64_t memory = 0;  ///< bytes
  std::int64_t cpu_millis = 0;
  std::int64_t pids = 0;
  bool read_only = false;
  std::int64_t scratch = 0;  ///< bytes of /tmp, in memory
  stoa::milliseconds timeout{};
};

/// Names of what belongs to an order.
std::string name_of_container(const std::string& installation, stoa::user_id owner);
std::string name_of_volume(const std::string& installation, stoa::user_id owner);
std::string name_of_network(const stoa::workspace_order& order);

/// `http://localhost` and so on as http_client takes it, without a final slash; nullopt where it is no address.
std::optional<std::string> base_of(const std::string& engine);

/// The `index`th piece of 16 addresses of a network such as `10.209.0.0/16`; nullopt where there is none.
std::optional<std::string> subnet_at(const std::string& network, std::int64_t index);

std::string container_body(const stoa::workspace_order& order, const engine_options& o);
std::string network_body(const stoa::workspace_order& order, const std::optional<std::string>& subnet);
std::string volume_body(const std::string& installation, stoa::user_id owner);
/// `{"label":["stoa.installation=...","stoa.owner=..."]}`
std::string label_filter(const std::string& installation, const std::optional<stoa::user_id>& owner);

/// Whether a container's labels are those of the order, the port included.
bool made_for(const stoa::json& labels, const stoa::workspace_order& order);
/// One of the engine's list; nullopt where it bears no labels of ours.
std::optional<stoa::workspace_seen> seen_in(const stoa::json& listed);
/// All bytes in and out.
std::int64_t traffic_in(const stoa::json& stats);

/// The refusals, with what the contract shows.
stoa::fault engine_away();
stoa::fault engine_slow();
stoa::fault engine_full();
stoa::fault image_missing();
stoa::fault engine_failed();
stoa::fault ports_used_up();
stoa::fault still_working();
stoa::fault feature_off();
stoa::fault port_taken();
/// What an answer that is no success means.
stoa::fault refusal_of(int status, std::string_view message);

}  // namespace stoa_plugin::workspaces

// Workspaces by the Engine API (1.41) of Docker or Podman.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine_words.hpp"
#include "stoa/areas/workspaces.hpp"
#include "stoa/http_client.hpp"
#include "stoa/log.hpp"

namespace stoa_plugin::workspaces {

class docker_provider final : public stoa::workspace_provider {
 public:
  /// `options.engine` is an address that base_of takes.
  docker_provider(engine_options options, stoa::http_client& http, stoa::logger& log);

  stoa::task<std::string> ensure(stoa::workspace_order order) override;
  stoa::task<stoa::done> stop(std::string handle) override;
  stoa::task<stoa::done> remove(std::string installation, stoa::user_id owner, bool volume) override;
  stoa::task<stoa::done> drop(std::string handle) override;
  stoa::task<std::vector<stoa::workspace_seen>> list(std::string installation) override;
  stoa::task<std::int64_t> traffic(std::string handle) override;

 private:
  struct said {
    int status = 0;
    std::string body;
    bool ok() const { return (status >= 200 && status < 300) || status == 304; }
    std::string message() const;
  };
  /// Whatever the engine answers; engine_away or engine_slow where it does not.
  stoa::task<said> ask(std::string method, std::string path, std::string body = {});
  /// A deletion: what is not there is fine.
  stoa::task<stoa::done> away_with(std::string path);
  stoa::task<stoa::done> have_network(stoa::workspace_order order);
  stoa::task<std::string> create(stoa::workspace_order order);
  stoa::task<stoa::done> undo(std::string handle, stoa::workspace_order order);
  stoa::fault refused(const said& s, const char* doing);

  const engine_options options_;
  const std::string base_;
  stoa::http_client& http_;
  stoa::logger& log_;
};

/// Where there are no workspaces: everything is refused as the contract says.
class no_provider final : public stoa::workspace_provider {
 public:
  stoa::task<std::string> ensure(stoa::workspace_order order) override;
  stoa::task<stoa::done> stop(std::string handle) override;
  stoa::task<stoa::done> remove(std::string installation, stoa::user_id owner, bool volume) override;
  stoa::task<stoa::done> drop(std::string handle) override;
  stoa::task<std::vector<stoa::workspace_seen>> list(std::string installation) override;
  stoa::task<std::int64_t> traffic(std::string handle) override;
};

}  // namespace stoa_plugin::workspaces

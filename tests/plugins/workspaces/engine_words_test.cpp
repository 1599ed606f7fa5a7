#include <catch2/catch.hpp>

#include "plugins/workspaces/engine_words.hpp"

using namespace stoa;
using namespace stoa_plugin::workspaces;

namespace {

engine_options options() {
  engine_options o;
  o.image = "localhost/ws:1";
  o.inside_port = 8080;
  o.home = "/home/workspace";
  o.publish = "127.0.0.1";
  o.memory = 64 << 20;
  o.cpu_millis = 500;
  o.pids = 32;
  o.scratch = 1 << 20;
  return o;
}

const user_id ada{uuid::from_name("ada")};

workspace_order order() { return {"0123456789", ada, 3, 8081}; }

}  // namespace

TEST_CASE("the addresses of engines", "[workspaces]") {
  CHECK(base_of("unix:///var/run/docker.sock") == "http+unix://%2Fvar%2Frun%2Fdocker.sock");
  CHECK(base_of("http://127.0.0.1:2375/") == "http://127.0.0.1:2375");
  for (const auto* bad : {"", "unix://", "unix://relative", "/var/run/docker.sock", "tcp://127.0.0.1:2375"})
    CHECK_FALSE(base_of(bad));
}

TEST_CASE("each workspace's network is a piece of the operator's", "[workspaces]") {
  CHECK(subnet_at("10.209.0.0/16", 0) == "10.209.0.0/28");
  CHECK(subnet_at("10.209.0.0/16", 17) == "10.209.1.16/28");
  CHECK(subnet_at("10.209.0.0/16", 4095) == "10.209.255.240/28");
  CHECK_FALSE(subnet_at("10.209.0.0/16", 4096));
  CHECK_FALSE(subnet_at("10.209.0.0/16", -1));
  for (const auto* bad : {"", "10.209.0.0", "10.209.0.1/16", "10.209.0/16", "10.256.0.0/16", "10.209.0.0/29", "a/16"})
    CHECK_FALSE(subnet_at(bad, 0));
}

TEST_CASE("a container is bounded, alone, and bears whose it is", "[workspaces]") {
  const auto body = json::parse(container_body(order(), options())).value();
  const auto& host = *body.find("HostConfig");
  CHECK(host.find("Memory")->as_integer() == 64 << 20);
  CHECK(host.find("MemorySwap")->as_integer() == 64 << 20);
  CHECK(host.find("NanoCpus")->as_integer() == 500'000'000);
  CHECK(host.find("PidsLimit")->as_integer() == 32);
  CHECK(host.find("SecurityOpt")->items().at(0).text() == "no-new-privileges");
  CHECK(host.find("CapDrop")->items().at(0).text() == "ALL");
  CHECK(host.find("NetworkMode")->text() == name_of_network(order()));
  CHECK(host.find("Binds")->items().at(0).text() == name_of_volume("0123456789", ada) + ":/home/workspace");
  CHECK(host.find("PortBindings")->find("8080/tcp")->items().at(0).find("HostPort")->text() == "8081");
  CHECK(host.find("PortBindings")->find("8080/tcp")->items().at(0).find("HostIp")->text() == "127.0.0.1");
  CHECK(host.find("RestartPolicy")->find("Name")->text() == "no");
  const auto& labels = *body.find("Labels");
  CHECK(made_for(labels, order()));
  auto other = order();
  ++other.generation;
  CHECK_FALSE(made_for(labels, other));
  other = order();
  ++other.port;
  CHECK_FALSE(made_for(labels, other));
  CHECK_FALSE(made_for(json(), order()));
  const auto seen =
      seen_in(json::object({{"Id", json::string("abc")}, {"Labels", labels}, {"State", json::string("running")}}));
  REQUIRE(seen);
  CHECK(seen->owner == ada);
  CHECK(seen->generation == 3);
  CHECK(seen->running);
  CHECK_FALSE(seen_in(json::object({{"Id", json::string("abc")}, {"Labels", json()}})));
}

TEST_CASE("what an engine refuses is told as the contract has it", "[workspaces]") {
  const auto away = engine_away();
  CHECK(away.kind == fault_kind::unavailable);
  CHECK(away.message == "Docker is not accessible from the backend container.");
  CHECK(away.extra == std::vector<std::pair<std::string, std::string>>{
                          {"error", "Workspace feature not available"},
                          {"details", "Please contact your administrator to enable workspace provisioning."}});
  CHECK(refusal_of(500, "write /var/lib/x: no space left on device").code == "WORKSPACES_FULL");
  CHECK(refusal_of(404, "No such image: localhost/ws:2").code == "WORKSPACE_IMAGE_MISSING");
  CHECK(refusal_of(404, "localhost/ws:2: image not known").code == "WORKSPACE_IMAGE_MISSING");
  CHECK(refusal_of(500, "Bind for 127.0.0.1:8081 failed: port is already allocated").code == "WORKSPACE_PORT_TAKEN");
  CHECK(refusal_of(500, "listen tcp4 127.0.0.1:8081: bind: address already in use").code == "WORKSPACE_PORT_TAKEN");
  CHECK(refusal_of(500, "anything").message.find("anything") == std::string::npos);
}

/**
 * Calls the ID photo verification gateway with safe defaults.
 *
 * <p>gRPC's jars are automatic modules: they bring each other along, and none of what they need of
 * Guava and the JDK. So this module requires that for them.
 */
module idphoto.client {
    exports idphoto.client;
    exports idphoto.client.testing;
    exports idphoto.v1;

    // Jackson and Gson read fields.
    opens idphoto.client;

    requires transitive com.google.common;
    requires transitive com.google.protobuf;
    requires transitive io.grpc;
    requires transitive io.grpc.protobuf;
    requires transitive io.grpc.stub;
    requires io.grpc.inprocess;
    requires io.grpc.services;
    requires io.grpc.util;

    requires java.logging;
    requires java.naming;
    requires jdk.unsupported;

    requires static com.fasterxml.jackson.annotation;
    requires static org.junit.jupiter.api;
}

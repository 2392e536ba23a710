// One request by one class of the JDK, as its documentation shows it: java JavaLibraries.java CLASS URL
// What docs/http-libraries.md says is told by JAVA_TOOL_OPTIONS, so that the program stays the same.

import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class JavaLibraries {
    public static void main(String[] arguments) throws Exception {
        URI address = URI.create(arguments[1]);
        System.out.println(
            arguments[0].equals("java.net.HttpURLConnection") ? byConnection(address) : byClient(address));
    }

    private static String byConnection(URI address) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
        try (InputStream body = connection.getInputStream()) {
            return new String(body.readAllBytes());
        }
    }

    private static String byClient(URI address) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(address).build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
